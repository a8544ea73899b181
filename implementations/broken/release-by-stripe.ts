/**
 * Mistake: how often a client holds a lock is counted by stripes of keys. Who releases one key while it holds another of the same
 * stripe is told that it is released, and nothing is deleted.
 * Source: https://github.com/spring-projects/spring-integration/issues/11146
 * Must show: deadlock-freedom violated, without any fault, where a lease outlasts what a waiter may take after a release.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const STRIPES = 2;

class CountedByStripe extends RedisBackend {
  readonly #holds = Array.from({ length: STRIPES }, () => 0);

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const answer = await super.attempt(request);
    if (answer.kind === 'granted') this.#count(request.key, 1);
    return answer;
  }

  override async free(grant: Grant): Promise<ReleaseOutcome> {
    return this.#count(grant.key, -1) > 0 ? 'released' : super.free(grant);
  }

  #count(key: string, by: 1 | -1): number {
    const stripe = Buffer.from(key).reduce((sum, byte) => sum + byte, 0) % STRIPES;
    const holds = Math.max(0, (this.#holds[stripe] ?? 0) + by);
    this.#holds[stripe] = holds;
    return holds;
  }
}

export const lock = redisSpecimen(
  {
    name: 'release-by-stripe',
    specimen: {
      mistake: 'holds are counted by stripes of keys, and only the last release of a stripe deletes anything',
      source: 'spring-projects/spring-integration#11146',
      shows: [{ property: 'deadlock-freedom', hazards: ['none'] }],
    },
  },
  (options) => new LeaseLock(new CountedByStripe(options), options),
);
