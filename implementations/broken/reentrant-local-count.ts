/**
 * Mistake: how often an owner holds the lock is counted in the client, and what the unlock script answers is stored as that
 * count. It answers 1 for "deleted", so that the next lock takes itself for a re-entry and never asks the server.
 * Source: document 001.
 * Must show: exclusion violated from the second cycle on, without any fault.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisReentrantBackend } from '../redis/reentrant.ts';
import { claims } from '../redis/modules/reentrant.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class CountedHere extends RedisReentrantBackend {
  readonly #counts = new Map<string, number>();

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const count = this.#counts.get(place(request)) ?? 0;
    if (count === 0) return super.attempt(request);
    this.#counts.set(place(request), count + 1);
    return { kind: 'granted' };
  }

  override async free(grant: Grant): Promise<ReleaseOutcome> {
    const outcome = await super.free(grant);
    this.#counts.set(place(grant), outcome === 'released' ? 1 : 0);
    return outcome;
  }
}

function place({ key, owner }: LeaseRequest): string {
  return JSON.stringify([key, owner]);
}

export const lock = redisSpecimen(
  {
    name: 'reentrant-local-count',
    specimen: {
      mistake: "unlock's answer is kept as the count, and the next lock never asks the server",
      source: 'document 001',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
    claims,
  },
  (options) => new LeaseLock(new CountedHere(options), options),
);
