/**
 * The lock in a row of a SQLite file with the holder's last heartbeat on the machine's monotonic clock. Whoever comes after it
 * has been silent for its lease takes the row over. How long that is, the holder has written into the row: if the taker
 * decided, a holder could not know its own deadline.
 */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { SQLITE_RETRY, SqliteLeaseBackend } from './lease-backend.ts';
import type { SqliteLeaseOptions } from './lease-backend.ts';
import { heartbeatShape, leaseStatements } from './statements.ts';

export interface SqliteHeartbeatLockOptions extends LeaseLockOptions, SqliteLeaseOptions {
  /** Default `holdfast_heartbeat`. */
  readonly table?: string;
}

export class SqliteHeartbeatLock extends LeaseLock {
  constructor(options: SqliteHeartbeatLockOptions) {
    super(new SqliteLeaseBackend(options, leaseStatements(options.table ?? 'holdfast_heartbeat', heartbeatShape)), {
      ...options,
      retry: { ...SQLITE_RETRY, ...options.retry },
    });
  }
}
