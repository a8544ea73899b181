/**
 * Mistake: when the server does not answer, a lock of this process is handed out instead, which nobody else knows of.
 * Source: documents 000 and 001.
 * Must show: exclusion violated under client-partition.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { within } from '../lease/within.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const SERVER_MS = 100;

class FallsBack extends RedisBackend {
  /** Key → token of who holds it here. */
  readonly #local = new Map<string, string>();

  override async attempt(request: LeaseRequest): Promise<Answer> {
    try {
      return await within(systemClock, super.attempt(request), SERVER_MS);
    } catch {
      // The mistake: no answer is taken for leave to go on.
      if (this.#local.has(request.key)) return { kind: 'busy' };
      this.#local.set(request.key, request.token);
      return { kind: 'granted' };
    }
  }

  override async free(grant: Grant): Promise<ReleaseOutcome> {
    if (this.#local.get(grant.key) !== grant.token) return super.free(grant);
    this.#local.delete(grant.key);
    return 'released';
  }

  override async extend(grant: Grant): Promise<'extended' | 'lost'> {
    return this.#local.get(grant.key) === grant.token ? 'extended' : super.extend(grant);
  }
}

export const lock = redisSpecimen(
  {
    name: 'fallback-to-local',
    specimen: {
      mistake: 'when the server does not answer, a local lock is handed out',
      source: 'documents 000 and 001',
      shows: [{ property: 'exclusion', hazards: ['client-partition'] }],
    },
  },
  (options) => new LeaseLock(new FallsBack(options), options),
);
