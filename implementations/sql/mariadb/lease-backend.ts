/** Leases in the rows of a table of MariaDB or MySQL. */
import type { Inspection, ReleaseOutcome } from '../../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../../lease/backend.ts';
import { rowName } from '../names.ts';
import { Withdrawals } from '../withdrawals.ts';
import { MariadbDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCES_FROM } from './lease-statements.ts';
import type { LeaseStatements } from './lease-statements.ts';

export interface MariadbLeaseOptions extends DatabaseOptions {
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

export class MariadbLeaseBackend implements LeaseBackend {
  readonly shares = false;
  readonly wakeUps = undefined;
  protected readonly database: MariadbDatabase;
  protected readonly statements: LeaseStatements;
  readonly #prefix: string;
  readonly #withdrawals = new Withdrawals();

  constructor(options: MariadbLeaseOptions, statements: LeaseStatements) {
    this.database = new MariadbDatabase(options, { mariadb: statements.schema, mysql: statements.schema });
    this.statements = statements;
    this.#prefix = options.prefix ?? '';
  }

  /** As bytes, which no setting of the client or the server changes on the way. */
  nameOf(key: string): Buffer {
    return Buffer.from(rowName(this.#prefix + key));
  }

  attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    return this.#withdrawals.attempt(token, async (withdrawn) => {
      const values = [this.nameOf(key), token, microseconds(leaseMs)];
      const id = await this.database.insertId({ sql: this.statements.acquire, values }, withdrawn);
      if (id >= FENCES_FROM) return { kind: 'granted', fencingToken: BigInt(id) };
      return { kind: 'busy', retryAfterMs: id > 0 ? id / 1000 : undefined };
    });
  }

  async extend({ key, token, leaseMs, fencingToken }: Grant): Promise<'extended' | 'lost'> {
    const values = [microseconds(leaseMs), this.nameOf(key), token, String(fencingToken)];
    return (await this.database.count({ sql: this.statements.extend, values })) > 0 ? 'extended' : 'lost';
  }

  async free(grant: Grant): Promise<ReleaseOutcome> {
    const values = [this.nameOf(grant.key), grant.token, String(grant.fencingToken)];
    if ((await this.database.count({ sql: this.statements.free, values })) > 0) return 'released';
    // A late copy of the request may stand in for the grant.
    await this.undo(grant);
    return 'lost';
  }

  withdraw({ token }: LeaseRequest): boolean {
    return this.#withdrawals.withdraw(token);
  }

  async undo({ key, token }: LeaseRequest): Promise<void> {
    this.#withdrawals.withdraw(token);
    await this.database.run({ sql: this.statements.undo, values: [this.nameOf(key), token] });
  }

  async inspect(key: string): Promise<Inspection> {
    const [row] = await this.database.rows({ sql: this.statements.inspect, values: [this.nameOf(key)] });
    if (row === undefined) return { key, held: false };
    const remainingMs = Math.max(0, Number(row['remaining']));
    return { key, held: true, token: String(row['token']), fencingToken: BigInt(String(row['fence'])), remainingMs };
  }

  probe(): Promise<string | undefined> {
    return this.database.probe();
  }
}

function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}
