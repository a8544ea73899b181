/**
 * The lock in a row of a SQLite file with the holder's last heartbeat on the machine's monotonic clock. Whoever comes after it
 * has been silent for its lease takes the row over. How long that is, the holder has written into the row: if the taker
 * decided, a holder could not know its own deadline.
 */
import { SqliteLeaseLock } from './lease-lock.ts';
import type { SqliteLeaseLockOptions } from './lease-lock.ts';
import { heartbeatShape, leaseStatements } from './statements.ts';

export interface SqliteHeartbeatLockOptions extends SqliteLeaseLockOptions {
  /** Default `holdfast_heartbeat`. */
  readonly table?: string;
}

export class SqliteHeartbeatLock extends SqliteLeaseLock {
  constructor(options: SqliteHeartbeatLockOptions) {
    super(options, leaseStatements(options.table ?? 'holdfast_heartbeat', heartbeatShape));
  }
}
