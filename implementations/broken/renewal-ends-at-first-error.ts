/**
 * Mistake: the first renewal that fails ends the watchdog, silently. The holder goes on without a lease.
 * Source: documents 003 and 004.
 * Must show: loss-notice violated under reset, and under whatever else makes a renewal fail.
 */
import type { Grant } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { Lease } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';
import { WatchdogLease } from './shared/trusting-lease.ts';

class GivesUp extends WatchdogLease {
  #ended = false;

  override async renew(): Promise<void> {
    if (this.#ended) return;
    try {
      await super.renew();
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }
}

class GivingUpLock extends LeaseLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new GivesUp(settings, grant, sentAt);
  }
}

export const lock = redisSpecimen(
  {
    name: 'renewal-ends-at-first-error',
    specimen: {
      mistake: 'one failed renewal ends the watchdog silently',
      source: 'documents 003 and 004',
      shows: [{ property: 'loss-notice', hazards: ['reset', 'client-partition', 'latency'] }],
    },
    load: { holdMs: 2000 },
  },
  (options) => new GivingUpLock(new RedisBackend(options), options),
);
