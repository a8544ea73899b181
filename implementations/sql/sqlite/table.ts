/**
 * The lock in a row of a SQLite file, for processes of one machine: token, fence and the moment of expiry on the machine's
 * monotonic clock, which no process can set and all share.
 */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
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
