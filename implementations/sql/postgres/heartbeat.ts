/**
 * The lock in a row of a PostgreSQL table with the holder's last heartbeat. Whoever comes after it has been silent for its
 * lease, by the server's own clock, takes the row over. How long that is, the holder has written into the row: if the
 * taker decided, a holder could not know its own deadline.
 */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { PostgresLeaseBackend } from './lease-backend.ts';
import type { PostgresLeaseOptions } from './lease-backend.ts';
import { heartbeatShape, leaseStatements } from './lease-statements.ts';

export interface PostgresHeartbeatLockOptions extends LeaseLockOptions, PostgresLeaseOptions {
  /** Default `holdfast_heartbeat`. */
  readonly table?: string;
}

export class PostgresHeartbeatLock extends LeaseLock {
  constructor(options: PostgresHeartbeatLockOptions) {
    super(
      new PostgresLeaseBackend(options, leaseStatements(options.table ?? 'holdfast_heartbeat', heartbeatShape)),
      options,
    );
  }
}
