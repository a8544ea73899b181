/**
 * Mistake: whoever finds the lock held waits for it inside the write transaction in which it has looked. A SQLite file has one
 * writer: meanwhile the holder can neither renew nor release. As in the document, it counts on its renewals and looks at no
 * deadline; the waiter sees the lease run out and takes it over.
 * Source: document 000, the lock in a database table.
 * Must show: exclusion violated, without any fault.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { HeldLease } from '../lease/held-lease.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { Lease, ReleaseOutcome } from '../lock.ts';
import { SqliteLeaseBackend } from '../sql/sqlite/lease-backend.ts';
import type { SqliteLeaseOptions } from '../sql/sqlite/lease-backend.ts';
import { expiryShape, leaseStatements } from '../sql/sqlite/statements.ts';
import { sqliteSpecimen } from './shared/sql-specimen.ts';

/** Between two looks inside the transaction, and how many there are: in all, longer than a lease. */
const LOOK_MS = 50;
const LOOKS = 16;

class WaitingInside extends SqliteLeaseBackend {
  readonly #waiting: DatabaseSync;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SqliteLeaseOptions, waiting: DatabaseSync) {
    super(options, leaseStatements('holdfast_lock', expiryShape));
    this.#waiting = waiting;
  }

  override attempt(request: LeaseRequest): Promise<Answer> {
    const answer = this.#turn.then(() => this.#attempt(request));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    // Makes the table.
    await this.probe();
    try {
      this.#waiting.exec('BEGIN IMMEDIATE');
    } catch {
      // Another waiter has the transaction.
      return { kind: 'busy' };
    }
    try {
      for (let look = 0; look < LOOKS; look += 1) {
        const { boot } = this.machine;
        const first = Date.now() * 1000;
        const values = { name: this.nameOf(key), token, boot, now: this.machine.now(), lease: leaseMs * 1000, first };
        const row = this.#waiting.prepare(this.statements.acquire).get(values);
        if (row !== undefined) return { kind: 'granted', fencingToken: BigInt(Number(row['fence'])) };
        await sleep(systemClock, LOOK_MS);
      }
      return { kind: 'busy' };
    } finally {
      this.#waiting.exec('COMMIT');
    }
  }
}

/** Renewed in any case, and lost only when a renewal is refused. */
class TrustingLease extends HeldLease {
  protected override lossAt(): number {
    return Infinity;
  }
}

class TrustingLock extends LeaseLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new EndlessLease(new TrustingLease({ ...settings, renew: true }, grant, sentAt));
  }
}

/** The lease, without a word on when it ends. */
class EndlessLease implements Lease {
  readonly key: string;
  readonly token: string;
  readonly fencingToken: bigint | undefined;
  readonly expiresAt = undefined;
  readonly #lease: Lease;

  constructor(lease: Lease) {
    this.key = lease.key;
    this.token = lease.token;
    this.fencingToken = lease.fencingToken;
    this.#lease = lease;
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  remainingMs(): number {
    return this.#lease.signal.aborted ? 0 : Infinity;
  }

  renew(): Promise<void> {
    return this.#lease.renew();
  }

  onRenewed(): () => void {
    return () => undefined;
  }

  release(): Promise<ReleaseOutcome> {
    return this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

export const lock = sqliteSpecimen(
  {
    name: 'waiter-keeps-transaction',
    specimen: {
      mistake: 'a waiter sleeps inside its write transaction, so that the holder cannot renew',
      source: 'document 000',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
  },
  (options) => {
    // The same file once more: as another connection would see it.
    const database = options.database as DatabaseSync;
    const Database = database.constructor as new (path: string, options: { timeout: number }) => DatabaseSync;
    const waiting = new Database(database.location() ?? '', { timeout: 0 });
    return new TrustingLock(new WaitingInside(options, waiting), { ...options, commandTimeoutMs: LOOK_MS * LOOKS * 2 });
  },
);
