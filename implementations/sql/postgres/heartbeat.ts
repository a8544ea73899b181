/**
 * The lock in a row of a PostgreSQL table with the holder's last heartbeat. Whoever comes after it has been silent for its
 * lease, by the server's own clock, takes the row over. How long that is, the holder has written into the row: if the
 * taker decided, a holder could not know its own deadline.
 */
import { PostgresLeaseLock } from './lease-lock.ts';
import type { PostgresLeaseLockOptions } from './lease-lock.ts';
import { heartbeatShape, leaseStatements } from './lease-statements.ts';

export interface PostgresHeartbeatLockOptions extends PostgresLeaseLockOptions {
  /** Default `holdfast_heartbeat`. */
  readonly table?: string;
}

export class PostgresHeartbeatLock extends PostgresLeaseLock {
  constructor(options: PostgresHeartbeatLockOptions) {
    super(options, leaseStatements(options.table ?? 'holdfast_heartbeat', heartbeatShape));
  }
}
