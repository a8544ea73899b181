/**
 * The lock in a row of a PostgreSQL table: token, fence and the moment of expiry, taken by one statement that inserts the
 * row or takes it over when its time is up by the server's own clock.
 *
 * Safe as long as the server keeps what it has committed and its clock is not set forward.
 */
import { PostgresLeaseLock } from './lease-lock.ts';
import type { PostgresLeaseLockOptions } from './lease-lock.ts';
import { expiryShape, leaseStatements } from './lease-statements.ts';

export interface PostgresTableLockOptions extends PostgresLeaseLockOptions {
  /** Default `holdfast_lock`. */
  readonly table?: string;
}

export class PostgresTableLock extends PostgresLeaseLock {
  constructor(options: PostgresTableLockOptions) {
    super(options, leaseStatements(options.table ?? 'holdfast_lock', expiryShape));
  }
}
