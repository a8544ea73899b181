/**
 * The lock in a row of a MariaDB table: token, fence and the moment of expiry, taken by one statement that inserts the row or
 * takes it over when its time is up by the server's own clock.
 *
 * Safe as long as the server keeps what it has committed and its clock is not set forward.
 */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { MARIADB_RETRY, MariadbLeaseBackend } from './lease-backend.ts';
import type { MariadbLeaseOptions } from './lease-backend.ts';
import { expiryShape, leaseStatements } from './lease-statements.ts';

export interface MariadbTableLockOptions extends LeaseLockOptions, MariadbLeaseOptions {
  /** Default `holdfast_lock`. */
  readonly table?: string;
}

export class MariadbTableLock extends LeaseLock {
  constructor(options: MariadbTableLockOptions) {
    super(new MariadbLeaseBackend(options, leaseStatements(options.table ?? 'holdfast_lock', expiryShape)), {
      ...options,
      retry: { ...MARIADB_RETRY, ...options.retry },
    });
  }
}
