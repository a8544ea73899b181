/**
 * The lock in a row of a SQLite file, for processes of one machine: token, fence and the moment of expiry on the machine's
 * monotonic clock, which no process can set and all share.
 */
import type { LockModule } from '../../lock.ts';
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { fileClaims } from '../claims.ts';
import { connectFile } from './connect.ts';
import { SQLITE_RETRY, SqliteLeaseBackend } from './lease-backend.ts';
import type { SqliteLeaseOptions } from './lease-backend.ts';
import { expiryShape, leaseStatements } from './statements.ts';

export interface SqliteTableLockOptions extends LeaseLockOptions, SqliteLeaseOptions {
  /** Default `holdfast_lock`. */
  readonly table?: string;
}

export class SqliteTableLock extends LeaseLock {
  constructor(options: SqliteTableLockOptions) {
    super(new SqliteLeaseBackend(options, leaseStatements(options.table ?? 'holdfast_lock', expiryShape)), {
      ...options,
      retry: { ...SQLITE_RETRY, ...options.retry },
    });
  }
}

export const lock: LockModule = {
  name: 'sql-table-sqlite',
  summary: 'A row of a SQLite file with token, fence and expiry by the machine’s monotonic clock; waiters poll.',
  backend: 'sqlite',
  topologies: ['single'],
  claims: fileClaims,
  recoverMs: 2000,
  polls: true,
  roundTrips: 0,
  connect: (context) => connectFile(context, (options) => new SqliteTableLock(options)),
};
