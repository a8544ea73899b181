/**
 * The lock in a row of a SQLite file, for processes of one machine: token, fence and the moment of expiry on the machine's
 * monotonic clock, which no process can set and all share.
 */
import { SqliteLeaseLock } from './lease-lock.ts';
import type { SqliteLeaseLockOptions } from './lease-lock.ts';
import { expiryShape, leaseStatements } from './statements.ts';

export interface SqliteTableLockOptions extends SqliteLeaseLockOptions {
  /** Default `holdfast_lock`. */
  readonly table?: string;
}

export class SqliteTableLock extends SqliteLeaseLock {
  constructor(options: SqliteTableLockOptions) {
    super(options, leaseStatements(options.table ?? 'holdfast_lock', expiryShape));
  }
}
