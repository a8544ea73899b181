/**
 * Mistake: the time limit of an acquire only stops the caller from waiting. The work goes on, and the grant that comes later
 * is held and renewed for nobody.
 * Source: document 001.
 * Must show: deadlock-freedom violated, without any fault, where the lock is so contended that acquires time out.
 */
import { LeaseLock } from '../lease/lease-lock.ts';
import { systemClock } from '../lease/clock.ts';
import { within } from '../lease/within.ts';
import { LockTimeoutError } from '../lock.ts';
import type { AcquireOptions, Lease } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class AbandoningLock extends LeaseLock {
  override async acquire(key: string, { timeoutMs = 10_000, ...options }: AcquireOptions = {}): Promise<Lease> {
    try {
      return await within(systemClock, super.acquire(key, { ...options, timeoutMs: Infinity }), timeoutMs);
    } catch (cause) {
      throw new LockTimeoutError(`${JSON.stringify(key)} was not granted within ${timeoutMs} ms`, 'definite', {
        cause,
      });
    }
  }
}

export const lock = redisSpecimen(
  {
    name: 'abandoned-acquire',
    specimen: {
      mistake: 'an acquire that timed out goes on, and its grant is renewed for nobody',
      source: 'document 001',
      shows: [{ property: 'deadlock-freedom', hazards: ['client-pause', 'client-crash', 'latency', 'none'] }],
    },
    load: { clientsPerWorker: 3, holdMs: 900 },
  },
  (options) => new AbandoningLock(new RedisBackend(options), options),
);
