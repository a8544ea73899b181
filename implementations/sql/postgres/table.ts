/**
 * The lock in a row of a PostgreSQL table: token, fence and the moment of expiry, taken by one statement that inserts the
 * row or takes it over when its time is up by the server's own clock.
 *
 * Safe as long as the server keeps what it has committed and its clock is not set forward.
 */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { PostgresLeaseBackend } from './lease-backend.ts';
import type { PostgresLeaseOptions } from './lease-backend.ts';
import { expiryShape, leaseStatements } from './lease-statements.ts';

export interface PostgresTableLockOptions extends LeaseLockOptions, PostgresLeaseOptions {
  /** Default `holdfast_lock`. */
  readonly table?: string;
}

export class PostgresTableLock extends LeaseLock {
  constructor(options: PostgresTableLockOptions) {
    super(new PostgresLeaseBackend(options, leaseStatements(options.table ?? 'holdfast_lock', expiryShape)), options);
  }
}
