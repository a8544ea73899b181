/** The locks in the rows of a table of PostgreSQL; they differ in what a row says about the time. */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { PostgresLeaseBackend } from './lease-backend.ts';
import type { PostgresLeaseOptions } from './lease-backend.ts';
import type { LeaseStatements } from './lease-statements.ts';

export interface PostgresLeaseLockOptions extends LeaseLockOptions, PostgresLeaseOptions {}

export class PostgresLeaseLock extends LeaseLock {
  constructor(options: PostgresLeaseLockOptions, statements: LeaseStatements) {
    super(new PostgresLeaseBackend(options, statements), options);
  }
}
