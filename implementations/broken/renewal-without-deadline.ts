/**
 * Mistake: the holder learns of its loss only when a renewal is answered with it. Cut off from the server, it goes on as
 * the holder although its deadline has passed.
 * Source: the watchdogs of documents 003 and 004, and of several published libraries.
 * Must show: loss-notice violated under client-partition.
 */
import type { Lease } from '../lock.ts';
import type { Grant } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';
import { TrustingLease } from './shared/trusting-lease.ts';

class TrustingLock extends LeaseLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new TrustingLease(settings, grant, sentAt);
  }
}

export const lock = redisSpecimen(
  {
    name: 'renewal-without-deadline',
    specimen: {
      mistake: 'loss is noticed only when a renewal is answered with it',
      source: 'documents 003 and 004',
      shows: [{ property: 'loss-notice', hazards: ['client-partition'] }],
    },
  },
  (options) => new TrustingLock(new RedisBackend(options), options),
);
