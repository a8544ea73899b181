/** Leases in the rows of a SQLite table, for the processes of one machine. */
import type { Inspection, ReleaseOutcome } from '../../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../../lease/backend.ts';
import { rowName } from '../names.ts';
import { Withdrawals } from '../withdrawals.ts';
import type { SqliteValue } from './client.ts';
import { machineClock } from './clock.ts';
import type { MachineClock } from './clock.ts';
import { SqliteDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import type { LeaseStatements } from './statements.ts';

export interface SqliteLeaseOptions extends DatabaseOptions {
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
  /** Default: that of this machine. The same for all who use the file. */
  readonly machine?: MachineClock;
}

export class SqliteLeaseBackend implements LeaseBackend {
  readonly shares = false;
  readonly wakeUps = undefined;
  protected readonly database: SqliteDatabase;
  protected readonly statements: LeaseStatements;
  protected readonly machine: MachineClock;
  readonly #prefix: string;
  readonly #withdrawals = new Withdrawals();

  constructor(options: SqliteLeaseOptions, statements: LeaseStatements) {
    this.database = new SqliteDatabase(options, statements.schema);
    this.statements = statements;
    this.machine = options.machine ?? machineClock();
    this.#prefix = options.prefix ?? '';
  }

  nameOf(key: string): string {
    return rowName(this.#prefix + key);
  }

  attempt(request: LeaseRequest): Promise<Answer> {
    return this.#withdrawals.attempt(request.token, async (withdrawn) => {
      // The first of a row only, or of a life of the machine; never far behind what was handed out before.
      const first = Date.now() * 1000;
      const values = (): Values => ({ ...this.#valuesOf(request), lease: microseconds(request.leaseMs), first });
      const granted = await this.database.run(this.statements.acquire, values, withdrawn);
      if (granted !== undefined) return { kind: 'granted', fencingToken: BigInt(Number(granted['fence'])) };
      const holder = await this.#look(request.key);
      return { kind: 'busy', retryAfterMs: holder === undefined ? undefined : Number(holder['remaining']) / 1000 };
    });
  }

  async extend(grant: Grant): Promise<'extended' | 'lost'> {
    const values = (): Values => ({
      ...this.#valuesOf(grant),
      lease: microseconds(grant.leaseMs),
      fence: Number(grant.fencingToken),
    });
    return (await this.database.run(this.statements.extend, values)) === undefined ? 'lost' : 'extended';
  }

  async free(grant: Grant): Promise<ReleaseOutcome> {
    const freed = await this.database.run(this.statements.free, () => this.#valuesOf(grant));
    return freed?.['in_force'] === 1 && Number(freed['fence']) === Number(grant.fencingToken) ? 'released' : 'lost';
  }

  async undo(request: LeaseRequest): Promise<void> {
    this.#withdrawals.withdraw(request.token);
    await this.database.run(this.statements.free, () => this.#valuesOf(request));
  }

  async inspect(key: string): Promise<Inspection> {
    const row = await this.#look(key);
    if (row === undefined) return { key, held: false };
    const remainingMs = Number(row['remaining']) / 1000;
    return { key, held: true, token: String(row['token']), fencingToken: BigInt(Number(row['fence'])), remainingMs };
  }

  async probe(): Promise<string | undefined> {
    await this.#look('');
    return undefined;
  }

  #look(key: string): ReturnType<SqliteDatabase['run']> {
    const { boot } = this.machine;
    return this.database.run(this.statements.inspect, () => ({
      name: this.nameOf(key),
      boot,
      now: this.machine.now(),
    }));
  }

  /** The time is read anew for each try: a time that is too early is safe, but not useful. */
  #valuesOf({ key, token }: LeaseRequest): Values {
    return { name: this.nameOf(key), token, boot: this.machine.boot, now: this.machine.now() };
  }
}

type Values = Record<string, SqliteValue>;

function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}
