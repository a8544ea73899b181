/**
 * npm's `@sesamecare-oss/redlock` 1.4, a derivative of `redlock` 5: the algorithm of Redis's description over independent
 * servers.
 *
 * Its documentation: "strong guarantees in both single-redis and multi-redis environments", "we can safely take out or
 * fail-over a minority of nodes without invalidating active locks". `using` extends the lock by itself: "in the case that
 * auto-extension fails, an AbortSignal will be updated". Acquired directly, a lock states its expiration on the wall clock.
 */
import { Redlock } from '@sesamecare-oss/redlock';
import type { LockModule } from '../lock.ts';
import type { Asked, Held, Library } from './adapted.ts';
import { countsAttempts, describedClaims } from './claims.ts';
import { connectAdapted } from './on-redis.ts';

const claims = describedClaims(
  { 'client-clock-jump': 'not-promised', 'majority-partition': 'unavailable' },
  { 'client-pause': 'not-promised' },
);

/** As by default: 10 more tries, 200 to 400 ms apart. */
const RETRY_MS = 200;

function libraryOf(redlock: Redlock): Library {
  return {
    async take({ key, leaseMs, timeoutMs }: Asked): Promise<Held | null> {
      let lock = await redlock.acquire([key], leaseMs, { retryCount: Math.ceil(timeoutMs / RETRY_MS) });
      return {
        token: lock.value,
        expiresAt: onOwnTimeLine(lock.expiration),
        // It rejects when no majority had it; servers that did not answer count among those.
        release: () => lock.release().then(() => 'released' as const),
        extend: async () => onOwnTimeLine((lock = await lock.extend(leaseMs)).expiration),
      };
    },
  };
}

/** A moment of the wall clock on the time line of `performance.now()`, as both stand now. */
const onOwnTimeLine = (wallMs: number): number => performance.now() + (wallMs - Date.now());

export const lock: LockModule = {
  name: 'npm:@sesamecare-oss/redlock',
  summary: "npm's @sesamecare-oss/redlock 1.4: a majority of independent Redis servers.",
  backend: 'redis',
  topologies: ['5 independent nodes', 'single'],
  claims: { ...claims, ...countsAttempts },
  // It polls about every 300 ms.
  recoverMs: 3500,
  connect(context) {
    return connectAdapted(context, (clients) => {
      const redlock = new Redlock(clients);
      redlock.on('error', () => undefined);
      return libraryOf(redlock);
    });
  },
};
