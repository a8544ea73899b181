/** The locks in the rows of a table of SQLite; they differ in what a row says about the time. */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { SqliteLeaseBackend } from './lease-backend.ts';
import type { SqliteLeaseOptions } from './lease-backend.ts';
import type { LeaseStatements } from './statements.ts';

/** Nothing wakes a waiter, but asking costs little. */
const RETRY = { delayMs: 4, factor: 1.5, maxDelayMs: 40, jitter: 0.5 };

export interface SqliteLeaseLockOptions extends LeaseLockOptions, SqliteLeaseOptions {}

export class SqliteLeaseLock extends LeaseLock {
  constructor(options: SqliteLeaseLockOptions, statements: LeaseStatements) {
    super(new SqliteLeaseBackend(options, statements), { ...options, retry: { ...RETRY, ...options.retry } });
  }
}
