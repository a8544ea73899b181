/**
 * npm's `proper-lockfile` 4.1: a folder made beside a file, whose mtime is updated for as long as the lock is held.
 *
 * Its documentation: "An inter-process and inter-machine lockfile utility that works on a local or network file system"; "the
 * lockfile's `mtime` (modified time) is periodically updated to prevent staleness"; a lock may be compromised when "updates
 * take longer than expected, possibly causing the lock to become stale for a certain amount of time", of which `onCompromised`
 * tells. It names no moment at which a lock ends.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { check, lock as lockFile } from 'proper-lockfile';
import type { Claims } from '../claims.ts';
import { countsAttempts } from './claims.ts';
import type { ConnectContext, LockModule } from '../lock.ts';
import { adapted, type Asked, type Held } from './adapted.ts';

/** Updates take longer than expected, or are judged by clocks of which nothing is said. */
const mayBecomeStale = {
  'client-pause': 'not-promised',
  'client-clock-jump': 'not-promised',
  'read-only-disk': 'not-promised',
  'slow-disk': 'not-promised',
  'stale-mtime': 'not-promised',
} as const;

const claims: Claims = {
  exclusion: { otherwise: 'holds', except: mayBecomeStale },
  'no-lost-update': { otherwise: 'holds', except: mayBecomeStale },
  'deadlock-freedom': { otherwise: 'holds', except: { 'client-clock-jump': 'not-promised' } },
};

/** As often as whoever waits asks again. */
const RETRY_MS = 100;

function libraryOf({ folder }: ConnectContext) {
  const fileOf = (key: string): string => join(folder, createHash('sha256').update(key).digest('hex'));
  return {
    async take({ key, leaseMs, timeoutMs }: Asked): Promise<Held | null> {
      const lost = new AbortController();
      const retries = {
        retries: Math.ceil(timeoutMs / RETRY_MS),
        factor: 1,
        minTimeout: RETRY_MS,
        maxTimeout: RETRY_MS,
      };
      // The file itself need not exist.
      const options = { stale: leaseMs, retries, realpath: false, onCompromised: () => lost.abort() };
      const release = await lockFile(fileOf(key), options).catch((error: unknown) => {
        if ((error as { readonly code?: unknown }).code === 'ELOCKED') return null;
        throw error;
      });
      // It does not say whether the lock was still there.
      return release === null ? null : { lost: lost.signal, release };
    },
    held: (key: string) => check(fileOf(key), { realpath: false }),
  };
}

export const lock: LockModule = {
  name: 'npm:proper-lockfile',
  summary: "npm's proper-lockfile 4.1: a lock file in a folder that is shared.",
  backend: 'files',
  topologies: ['single'],
  claims: { ...claims, ...countsAttempts },
  notSimulable: 'there is no model of a file system',
  // Its documented least for `stale`.
  leastLeaseMs: 5000,
  // It polls.
  recoverMs: 2500,
  polls: true,
  async connect(context) {
    return adapted(libraryOf(context));
  },
};
