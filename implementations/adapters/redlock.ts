/**
 * npm's `redlock` 4: the algorithm of Redis's description over independent servers.
 *
 * Its documentation: "strong guarantees in both single-redis and multi-redis environments", "we can safely take out or
 * fail-over a minority of nodes without invalidating active locks", following Redis's description, which asks for
 * persistence or delayed restarts, and for clocks that run alike. It states an expiration with each lock, on the wall
 * clock; it does not extend by itself, and tells nobody that a lock is over.
 */
import NpmRedlock from 'redlock';
import type { LockModule, ReleaseOutcome } from '../lock.ts';
import { countsAttempts, describedClaims } from './claims.ts';
import type { Asked, Held, Library } from './adapted.ts';
import { connectAdapted } from './on-redis.ts';

const claims = describedClaims(
  { 'client-clock-jump': 'not-promised', 'majority-partition': 'unavailable' },
  { 'client-pause': 'not-promised' },
);

/** As by default: 10 more tries, about 200 ms apart. */
const RETRY_MS = 200;

/** @param once the same, told at its making not to try again: as an option of one call, 0 means the default */
function libraryOf(redlock: NpmRedlock, once: NpmRedlock): Library {
  return {
    async take({ key, leaseMs, timeoutMs }: Asked): Promise<Held | null> {
      const retryCount = Math.ceil(timeoutMs / RETRY_MS);
      const lock = await (retryCount === 0
        ? once.lock(key, leaseMs)
        : redlock.lockWithOptions(key, leaseMs, { retryCount }));
      return {
        token: lock.value,
        expiresAt: onOwnTimeLine(lock.expiration),
        // It rejects when no majority had it; servers that did not answer count among those.
        release: () =>
          Promise.resolve(lock.unlock()).then(
            (): ReleaseOutcome => 'released',
            (): ReleaseOutcome => 'unknown',
          ),
        extend: async () => onOwnTimeLine((await lock.extend(leaseMs)).expiration),
      };
    },
  };
}

/** A moment of the wall clock on the time line of `performance.now()`, as both stand now. */
const onOwnTimeLine = (wallMs: number): number => performance.now() + (wallMs - Date.now());

export const lock: LockModule = {
  name: 'npm:redlock',
  summary: "npm's redlock 4.2: a majority of independent Redis servers.",
  backend: 'redis',
  topologies: ['5 independent nodes', 'single'],
  claims: { ...claims, ...countsAttempts },
  // It polls about every 200 ms.
  recoverMs: 3000,
  connect(context) {
    return connectAdapted(context, (clients) => {
      const [redlock, once] = [new NpmRedlock(clients), new NpmRedlock(clients, { retryCount: 0 })];
      for (const one of [redlock, once]) one.on('clientError', () => undefined);
      return libraryOf(redlock, once);
    });
  },
};
