/**
 * Mistake: the token is made anew for the release, never matches, and nobody looks at the answer: every lock is held until
 * it expires, which here is after the 30 s that the documents give it, whatever lease is asked for.
 * Source: document 000 (its lock manager), 002 and 004.
 * Must show: deadlock-freedom violated, without any fault.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { newToken } from '../token.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const LEASE_MS = 30_000;

class NeverMatches extends RedisBackend {
  override attempt(request: LeaseRequest): Promise<Answer> {
    return super.attempt({ ...request, leaseMs: LEASE_MS });
  }

  override async free(grant: Grant): Promise<ReleaseOutcome> {
    await super.free({ ...grant, token: newToken() });
    return 'released';
  }
}

export const lock = redisSpecimen(
  {
    name: 'release-never-matches',
    specimen: {
      mistake: 'release compares with a token of its own making',
      source: 'documents 000, 002 and 004',
      shows: [{ property: 'deadlock-freedom', hazards: ['none', 'client-pause', 'client-crash', 'latency'] }],
    },
  },
  (options) => new LeaseLock(new NeverMatches(options), options),
);
