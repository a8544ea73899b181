/**
 * A row lock of PostgreSQL: SELECT … FOR UPDATE in a transaction that is open for as long as the lock is held, on a connection
 * that the holder has for itself. COMMIT releases it, the end of the connection too.
 *
 * No lease, as with the advisory lock. An open transaction keeps VACUUM from its work: not for long holds.
 */
import type { Inspection } from '../../lock.ts';
import type { HeldGrant, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { checkTable, rowName } from '../names.ts';
import type { PostgresResult } from './client.ts';
import { PostgresDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCE_SCHEMA, NEXT_FENCE } from './fence.ts';
import { PostgresHolder } from './holder.ts';

export interface PostgresRowLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Default `holdfast_row`. */
  readonly table?: string;
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

class RowHolder extends PostgresHolder {
  readonly #table: string;
  readonly #prefix: string;

  constructor(table: string, prefix: string, ...rest: ConstructorParameters<typeof PostgresHolder>) {
    super(...rest);
    this.#table = table;
    this.#prefix = prefix;
  }

  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    const name = rowName(this.#prefix + key);
    const granted = await this.unlessBusy(async () => {
      const fence = await this.#select(name, waitMs);
      if (fence !== undefined) return fence;
      await this.afterFailure();
      // In a transaction of its own: others must see the row to wait for it.
      const text = `INSERT INTO ${this.#table} (name) VALUES ($1) ON CONFLICT DO NOTHING`;
      await this.ask({ text, values: [name] });
      return this.#select(name, waitMs);
    });
    if (granted !== undefined) return { fencingToken: BigInt(granted) };
    await this.afterFailure();
    return undefined;
  }

  async unlock(): Promise<'released' | 'lost'> {
    const { command } = await this.ask({ text: 'COMMIT' });
    return command === 'COMMIT' ? 'released' : 'lost';
  }

  protected override async afterFailure(): Promise<void> {
    await this.ask({ text: 'ROLLBACK' });
  }

  /** All in one message, and so one round trip. @returns the fence, or `undefined` if there is no such row. */
  async #select(name: string, waitMs: number): Promise<string | undefined> {
    const row = `SELECT FROM ${this.#table} WHERE name = ${this.literal(name)} FOR UPDATE`;
    const text =
      waitMs === 0
        ? `BEGIN ISOLATION LEVEL READ COMMITTED; ${row} NOWAIT; SELECT ${NEXT_FENCE} AS fence`
        : `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${Math.ceil(waitMs)}; ${row}; SELECT ${NEXT_FENCE} AS fence`;
    // One result for each statement.
    const results: unknown = await this.ask({ text });
    if (!Array.isArray(results)) return undefined;
    const [found, drawn] = (results as PostgresResult[]).slice(-2);
    return found?.rowCount === 1 ? String(drawn?.rows[0]?.['fence']) : undefined;
  }
}

class RowBackend implements HolderBackend {
  readonly #database: PostgresDatabase;
  readonly #table: string;
  readonly #prefix: string;

  constructor({ table = 'holdfast_row', prefix = '', ...options }: PostgresRowLockOptions) {
    this.#table = checkTable(table);
    this.#prefix = prefix;
    const schema = `CREATE TABLE IF NOT EXISTS ${table} (name text COLLATE "C" PRIMARY KEY);\n${FENCE_SCHEMA}`;
    this.#database = new PostgresDatabase(options, schema);
  }

  async open(): Promise<RowHolder> {
    return new RowHolder(this.#table, this.#prefix, this.#database, await this.#database.checkOut());
  }

  /** Whoever locks a row leaves its transaction's number in it; while that transaction is open, it holds the lock of it. */
  async inspect(key: string): Promise<Inspection> {
    const [row] = await this.#database.run<{ held: boolean }>({
      text: `SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'transactionid' AND l.transactionid = r.xmax
        AND l.granted) AS held FROM ${this.#table} r WHERE name = $1`,
      values: [rowName(this.#prefix + key)],
    });
    return { key, held: row?.held === true };
  }

  probe(): Promise<string | undefined> {
    return this.#database.probe();
  }
}

export class PostgresRowLock extends ConnectionLock {
  constructor(options: PostgresRowLockOptions) {
    super(new RowBackend(options), options);
  }
}
