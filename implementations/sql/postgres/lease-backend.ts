/** Leases in the rows of a PostgreSQL table. */
import type { Inspection, ReleaseOutcome } from '../../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest, WakeUps } from '../../lease/backend.ts';
import { rowName } from '../names.ts';
import { Withdrawals } from '../withdrawals.ts';
import { checkPool } from './client.ts';
import type { PostgresPool } from './client.ts';
import { PostgresDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import type { LeaseStatements } from './lease-statements.ts';
import { Notifications } from './notifications.ts';

export interface PostgresLeaseOptions extends DatabaseOptions {
  /**
   * Gives one connection away while somebody waits, to be told of releases; may be the same pool, if it has room for
   * that. Without it waiters only poll (`retry`).
   */
  readonly listener?: PostgresPool | undefined;
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

export class PostgresLeaseBackend implements LeaseBackend {
  readonly shares = false;
  readonly wakeUps: WakeUps | undefined;
  protected readonly database: PostgresDatabase;
  protected readonly statements: LeaseStatements;
  readonly #prefix: string;
  readonly #withdrawals = new Withdrawals();

  constructor(options: PostgresLeaseOptions, statements: LeaseStatements) {
    this.database = new PostgresDatabase(options, statements.schema);
    this.statements = statements;
    this.#prefix = options.prefix ?? '';
    if (options.listener !== undefined) {
      checkPool(options.listener);
      const notifications = Notifications.of(options.listener, statements.channel);
      this.wakeUps = { subscribe: (key, hint) => notifications.subscribe(this.nameOf(key), hint) };
    }
  }

  nameOf(key: string): string {
    return rowName(this.#prefix + key);
  }

  attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    return this.#withdrawals.attempt(token, async (withdrawn) => {
      const values = [this.nameOf(key), token, leaseMs];
      const [row] = await this.#run<{ fence: string | null; remaining: number | null }>('acquire', values, withdrawn);
      if (typeof row?.fence === 'string') return { kind: 'granted', fencingToken: BigInt(row.fence) };
      const remaining = row?.remaining ?? undefined;
      // What the statement saw may be older than what it was refused for.
      return { kind: 'busy', retryAfterMs: remaining !== undefined && remaining > 0 ? remaining : undefined };
    });
  }

  async extend({ key, token, leaseMs, fencingToken }: Grant): Promise<'extended' | 'lost'> {
    const rows = await this.#run('extend', [this.nameOf(key), token, leaseMs, String(fencingToken)]);
    return rows.length === 1 ? 'extended' : 'lost';
  }

  async free({ key, token, fencingToken }: Grant): Promise<ReleaseOutcome> {
    const [row] = await this.#run<{ fence: string; in_force: boolean }>('free', [this.nameOf(key), token]);
    return row?.in_force === true && row.fence === String(fencingToken) ? 'released' : 'lost';
  }

  withdraw({ token }: LeaseRequest): boolean {
    return this.#withdrawals.withdraw(token);
  }

  async undo({ key, token }: LeaseRequest): Promise<void> {
    this.#withdrawals.withdraw(token);
    await this.#run('free', [this.nameOf(key), token]);
  }

  async inspect(key: string): Promise<Inspection> {
    const values = [this.nameOf(key)];
    const [row] = await this.#run<{ token: string; fence: string; remaining: number }>('inspect', values);
    if (row === undefined) return { key, held: false };
    return {
      key,
      held: true,
      token: row.token,
      fencingToken: BigInt(row.fence),
      remainingMs: Math.max(0, row.remaining),
    };
  }

  probe(): Promise<string | undefined> {
    return this.database.probe();
  }

  /** Prepared once on each connection; the name says for which table. */
  #run<Row extends object>(
    statement: 'acquire' | 'extend' | 'free' | 'inspect',
    values: unknown[],
    withdrawn?: () => boolean,
  ): Promise<Row[]> {
    const text = this.statements[statement];
    return this.database.run<Row>({ name: `${statement} ${this.statements.channel}`, text, values }, withdrawn);
  }
}
