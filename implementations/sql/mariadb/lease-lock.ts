/** The locks in the rows of a table of MariaDB; they differ in what a row says about the time. */
import { LeaseLock } from '../../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../lease/options.ts';
import { MariadbLeaseBackend } from './lease-backend.ts';
import type { MariadbLeaseOptions } from './lease-backend.ts';
import type { LeaseStatements } from './lease-statements.ts';

/** MariaDB has nothing that wakes a waiter: it asks again soon, and not much later after a while. */
const RETRY = { delayMs: 15, factor: 1.5, maxDelayMs: 150, jitter: 0.5 };

export interface MariadbLeaseLockOptions extends LeaseLockOptions, MariadbLeaseOptions {}

export class MariadbLeaseLock extends LeaseLock {
  constructor(options: MariadbLeaseLockOptions, statements: LeaseStatements) {
    super(new MariadbLeaseBackend(options, statements), { ...options, retry: { ...RETRY, ...options.retry } });
  }
}
