/** The file that the lock modules open for the harness: one in the folder that all clients of a run share. */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { LeaseLock } from '../../../lease/lease-lock.ts';
import { parseOptions } from '../../../lease/module-options.ts';
import type { LeaseLockOptions } from '../../../lease/options.ts';
import { sleep, systemClock } from '../../../lease/clock.ts';
import type { ConnectContext, ConnectedLock, LockModule } from '../../../lock.ts';
import { fileClaims } from '../../modules/claims.ts';
import { sqlLeaseOptions } from '../../modules/options.ts';
import type { DatabaseOptions } from '../database.ts';

/** What the modules have in common. */
export const onSqlite = {
  backend: 'sqlite',
  topologies: ['single'],
  claims: fileClaims,
  recoverMs: 2000,
  polls: true,
  roundTrips: 0,
} as const satisfies Partial<LockModule>;

const FILE = 'locks.sqlite';
const PREPARE_WITHIN_MS = 5000;

export async function connectFile(
  context: ConnectContext,
  make: (
    options: LeaseLockOptions & DatabaseOptions & { readonly prefix: string; readonly table?: string },
  ) => LeaseLock,
): Promise<ConnectedLock> {
  const {
    wakeUps: _,
    user: _user,
    database: _name,
    connections: _connections,
    ...options
  } = parseOptions(sqlLeaseOptions, context.options);
  // Not in every Node that runs the other locks.
  const { DatabaseSync: Database } = await import('node:sqlite');
  const database = new Database(join(context.folder, FILE), { timeout: 0 });
  await prepare(database);
  const lock = make({ ...options, database, prefix: context.prefix, createMissing: true });
  return {
    lock,
    async close() {
      await lock.close();
      database.close();
    },
  };
}

/**
 * A write-ahead log, so that nobody who reads keeps anybody from writing. What is committed is then with the kernel: no crash
 * of a process loses it, and a crash of the machine ends all leases.
 */
async function prepare(database: DatabaseSync): Promise<void> {
  const until = systemClock.now() + PREPARE_WITHIN_MS;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      return;
    } catch (error) {
      // Another process is preparing it.
      if (systemClock.now() >= until) throw error;
    }
    await sleep(systemClock, 5);
  }
}
