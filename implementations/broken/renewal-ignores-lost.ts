/**
 * Mistake: a renewal that is answered with "not yours any more" is taken for one that failed, and tried again. The holder is
 * never told.
 * Source: documents 003 and 004.
 * Must show: loss-notice violated under server-crash-volatile or client-pause.
 */
import type { Grant } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { LockOutcomeUnknownError } from '../lock.ts';
import type { Lease } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';
import { WatchdogLease } from './shared/trusting-lease.ts';

class NeverLost extends RedisBackend {
  override async extend(grant: Grant): Promise<'extended' | 'lost'> {
    const answer = await super.extend(grant);
    if (answer === 'lost') throw new LockOutcomeUnknownError('not extended');
    return answer;
  }
}

class HopefulLock extends LeaseLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new WatchdogLease(settings, grant, sentAt);
  }
}

export const lock = redisSpecimen(
  {
    name: 'renewal-ignores-lost',
    specimen: {
      mistake: '"not yours any more" is not told to the holder',
      source: 'documents 003 and 004',
      shows: [{ property: 'loss-notice', hazards: ['server-crash-volatile', 'client-pause'] }],
    },
    load: { holdMs: 2000 },
  },
  (options) => new HopefulLock(new NeverLost(options), options),
);
