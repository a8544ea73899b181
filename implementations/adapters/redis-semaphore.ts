/**
 * npm's `redis-semaphore` 5: `Mutex` on one server, `RedlockMutex` on several.
 *
 * Its documentation: "Mutex and Semaphore implementations based on Redis ready for distributed systems", "Fail-safe (all
 * actions performed by LUA scripts (atomic))"; for several servers it refers to Redis's description of Redlock. A lock is
 * refreshed by itself, at 0.8 of its length; that it is lost is told by `onLockLost`, "called when lock loss is detected due
 * refresh cycle". It names no moment at which a lock ends, unless refreshing is turned off (`lockTimeout`: "time after mutex
 * will be auto released").
 */
import { Mutex, RedlockMutex, type LockOptions } from 'redis-semaphore';
import type { Redis } from 'ioredis';
import type { LockModule } from '../lock.ts';
import { describedClaims } from './claims.ts';
import type { Held, Library } from './adapted.ts';
import { connectAdapted } from './on-redis.ts';

const claims = describedClaims({
  'majority-partition': 'not-promised',
  // Loss is detected by the refresh cycle only: until then, both believe.
  'client-pause': 'not-promised',
  'client-partition': 'not-promised',
});

function libraryOf(clients: readonly Redis[]): Library {
  const [first] = clients;
  if (first === undefined) throw new RangeError('no server');
  const mutexOn = (key: string, options: LockOptions): Mutex | RedlockMutex =>
    clients.length === 1 ? new Mutex(first, key, options) : new RedlockMutex([...clients], key, options);
  return {
    held: async (key) => (await first.exists(`mutex:${key}`)) === 1,
    take: ({ key, leaseMs, timeoutMs, renew }) => {
      const lost = new AbortController();
      const options = { lockTimeout: leaseMs, onLockLost: () => lost.abort() };
      return renew
        ? takeRefreshed(mutexOn(key, { ...options, ...waiting(timeoutMs) }), lost.signal)
        : takeOnce(() => mutexOn(key, { ...options, acquireAttemptsLimit: 1, refreshInterval: 0 }), leaseMs, timeoutMs);
    },
  };
}

const waiting = (timeoutMs: number): LockOptions =>
  timeoutMs > 0 ? { acquireTimeout: timeoutMs } : { acquireAttemptsLimit: 1 };

/** No end is named: it lasts until it is released, or said to be lost. */
async function takeRefreshed(mutex: Mutex | RedlockMutex, lost: AbortSignal): Promise<Held | null> {
  return (await mutex.tryAcquire()) ? heldBy(mutex, { lost }) : null;
}

/** "Auto released" after its length, counted from the attempt that was granted: the reading that suits it best. */
async function takeOnce(make: () => Mutex | RedlockMutex, leaseMs: number, timeoutMs: number): Promise<Held | null> {
  const until = performance.now() + timeoutMs;
  do {
    const mutex = make();
    const askedAt = performance.now();
    if (await mutex.tryAcquire()) return heldBy(mutex, { expiresAt: askedAt + leaseMs });
  } while (performance.now() < until);
  return null;
}

// What became of it is not told.
const heldBy = (mutex: Mutex | RedlockMutex, told: Pick<Held, 'expiresAt' | 'lost'>): Held => ({
  ...{ token: mutex.identifier, ...told, release: () => mutex.release() },
});

export const lock: LockModule = {
  name: 'npm:redis-semaphore',
  summary: "npm's redis-semaphore 5.8: Mutex on one Redis server, RedlockMutex on several.",
  backend: 'redis',
  topologies: ['single', '5 independent nodes'],
  claims,
  recoverMs: 2500,
  connect(context) {
    // It writes `mutex:` before each key.
    return connectAdapted(context, libraryOf, { keyPrefix: true });
  },
};
