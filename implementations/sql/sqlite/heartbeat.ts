/**
 * The lock in a row of a SQLite file with the holder's last heartbeat on the machine's monotonic clock. Whoever comes after it
 * has been silent for its lease takes the row over. How long that is, the holder has written into the row: if the taker
 * decided, a holder could not know its own deadline.
 */
import type { LockModule } from '../../lock.ts';
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { fileClaims } from '../claims.ts';
import { connectFile } from './connect.ts';
import { SQLITE_RETRY, SqliteLeaseBackend } from './lease-backend.ts';
import type { SqliteLeaseOptions } from './lease-backend.ts';
import { heartbeatShape, leaseStatements } from './statements.ts';

export interface SqliteHeartbeatLockOptions extends LeaseLockOptions, SqliteLeaseOptions {
  /** Default `holdfast_heartbeat`. */
  readonly table?: string;
}

export class SqliteHeartbeatLock extends LeaseLock {
  constructor(options: SqliteHeartbeatLockOptions) {
    super(new SqliteLeaseBackend(options, leaseStatements(options.table ?? 'holdfast_heartbeat', heartbeatShape)), {
      ...options,
      retry: { ...SQLITE_RETRY, ...options.retry },
    });
  }
}

export const lock: LockModule = {
  name: 'sql-heartbeat-sqlite',
  summary: 'A row of a SQLite file with the holder’s heartbeat, taken over after its silence; waiters poll.',
  backend: 'sqlite',
  topologies: ['single'],
  claims: fileClaims,
  recoverMs: 2000,
  polls: true,
  roundTrips: 0,
  connect: (context) => connectFile(context, (options) => new SqliteHeartbeatLock(options)),
};
