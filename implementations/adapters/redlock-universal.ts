/**
 * npm's `redlock-universal` 0.8: `createLock` on one server, `createRedlock` on several.
 *
 * Its documentation: "Redlock: Provides Consensus. Locks are safe even if nodes crash. Use for critical consistency." It
 * recommends `using`, which extends the lock by itself and whose signal aborts when the lock is lost; that is what is
 * tested here. Without extension a handle states when it was acquired and for how long.
 */
import { createLock, createRedlock, IoredisAdapter } from 'redlock-universal';
import type { Redis } from 'ioredis';
import type { LockModule, ReleaseOutcome } from '../lock.ts';
import { countsAttempts, describedClaims } from './claims.ts';
import type { Asked, Held, Library } from './adapted.ts';
import { connectAdapted } from './on-redis.ts';

const claims = describedClaims({
  'client-clock-jump': 'not-promised',
  'majority-partition': 'unavailable',
  // The signal aborts when an extension fails: a process that does not run, or cannot ask, is told late.
  'client-pause': 'not-promised',
  'client-partition': 'not-promised',
});

const RETRY_MS = 100;

type Universal = ReturnType<typeof createRedlock>;

function libraryOf(clients: readonly Redis[]): Library {
  const adapters = clients.map((client) => new IoredisAdapter(client));
  return {
    async take({ key, leaseMs, timeoutMs, renew }: Asked): Promise<Held | null> {
      const options = {
        ...{ key, ttl: leaseMs, retryDelay: RETRY_MS },
        retryAttempts: Math.ceil(timeoutMs / RETRY_MS),
      };
      const [adapter] = adapters;
      if (adapter === undefined) throw new RangeError('no server');
      const lock =
        adapters.length === 1 ? createLock({ ...options, adapter }) : createRedlock({ ...options, adapters });
      return renew ? takeUsing(lock) : takeOnce(lock);
    },
  };
}

async function takeOnce(lock: Universal): Promise<Held> {
  const handle = await lock.acquire();
  return {
    token: handle.value,
    expiresAt: performance.now() + (handle.acquiredAt + handle.ttl - Date.now()),
    release: () => lock.release(handle).then((released): ReleaseOutcome => (released ? 'released' : 'unknown')),
  };
}

/** `using` with a routine that ends when the lock is to be released. */
function takeUsing(lock: Universal): Promise<Held> {
  const over = Promise.withResolvers<void>();
  return new Promise((resolve, reject) => {
    const ended = lock.using(async (signal) => {
      const release = (): Promise<void> => {
        over.resolve();
        // It does not say whether the lock was still there.
        return ended;
      };
      resolve({ ...(signal === undefined ? {} : { lost: signal }), release });
      await over.promise;
    });
    ended.catch(reject);
  });
}

export const lock: LockModule = {
  name: 'npm:redlock-universal',
  summary: "npm's redlock-universal 0.8: createRedlock on several Redis servers, createLock on one.",
  backend: 'redis',
  topologies: ['5 independent nodes', 'single'],
  claims: { ...claims, ...countsAttempts },
  recoverMs: 3000,
  connect(context) {
    return connectAdapted(context, libraryOf);
  },
};
