/**
 * Mistake: the lease is counted from when the caller began to wait, not from the attempt that was granted: whoever has waited for
 * longer than a lease is given one that is over.
 * Source: a deadline that is computed once, above the loop of attempts.
 * Must show: loss-notice violated, without any fault.
 */
import { LeaseLock } from '../lease/lease-lock.ts';
import type { Call, Granted } from '../lease/acquire.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class CountedFromTheCall extends LeaseLock {
  protected override async wait(call: Call, timeoutMs: number): Promise<Granted> {
    const sentAt = this.settings.clock.now();
    return { ...(await super.wait(call, timeoutMs)), sentAt };
  }
}

export const lock = redisSpecimen(
  {
    name: 'lease-from-the-call',
    specimen: {
      mistake: 'a lease is counted from the beginning of the wait',
      source: 'a deadline that is computed once, above the loop of attempts',
      shows: [{ property: 'loss-notice', hazards: ['none'] }],
    },
  },
  (options) => new CountedFromTheCall(new RedisBackend(options), options),
);
