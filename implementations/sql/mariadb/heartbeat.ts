/**
 * The lock in a row of a MariaDB table with the holder's last heartbeat. Whoever comes after it has been silent for its lease,
 * by the server's own clock, takes the row over. How long that is, the holder has written into the row: if the taker decided,
 * a holder could not know its own deadline.
 */
import { MariadbLeaseLock } from './lease-lock.ts';
import type { MariadbLeaseLockOptions } from './lease-lock.ts';
import { heartbeatShape, leaseStatements } from './lease-statements.ts';

export interface MariadbHeartbeatLockOptions extends MariadbLeaseLockOptions {
  /** Default `holdfast_heartbeat`. */
  readonly table?: string;
}

export class MariadbHeartbeatLock extends MariadbLeaseLock {
  constructor(options: MariadbHeartbeatLockOptions) {
    super(options, leaseStatements(options.table ?? 'holdfast_heartbeat', heartbeatShape));
  }
}
