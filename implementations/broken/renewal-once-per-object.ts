/**
 * Mistake: the flag that stops the watchdog belongs to the lock object, is set by the first release, and never reset: from
 * the second lease on nothing is renewed, while the holder relies on it.
 * Source: documents 001 and 003.
 * Must show: exclusion violated when a hold is longer than the lease, without any fault.
 */
import type { Grant } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { Lease, ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';
import { WatchdogLease } from './shared/trusting-lease.ts';

/** Shared by all leases of one lock object. */
interface Watchdog {
  stopped: boolean;
}

class WatchedLease extends WatchdogLease {
  readonly #watchdog: Watchdog;

  constructor(settings: LeaseSettings, grant: Grant, sentAt: number, watchdog: Watchdog) {
    super(settings, grant, sentAt);
    this.#watchdog = watchdog;
  }

  override async renew(): Promise<void> {
    if (!this.#watchdog.stopped) await super.renew();
  }

  override release(): Promise<ReleaseOutcome> {
    this.#watchdog.stopped = true;
    return super.release();
  }
}

class RenewsOnce extends LeaseLock {
  readonly #watchdog: Watchdog = { stopped: false };

  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new WatchedLease(settings, grant, sentAt, this.#watchdog);
  }
}

export const lock = redisSpecimen(
  {
    name: 'renewal-once-per-object',
    specimen: {
      mistake: "the watchdog's stop flag is never reset: only the first lease is renewed",
      source: 'documents 001 and 003',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
    load: { holdMs: 900 },
  },
  (options) => new RenewsOnce(new RedisBackend(options), options),
);
