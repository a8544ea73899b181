/**
 * A row lock of MariaDB (InnoDB): SELECT … FOR UPDATE in a transaction that is open for as long as the lock is held, on a
 * connection that the holder has for itself. COMMIT releases it, the end of the connection too.
 *
 * No lease, as with the advisory lock. An open transaction keeps InnoDB from purging: not for long holds.
 */
import type { Inspection, LockModule } from '../../lock.ts';
import type { HeldGrant, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { forgetfulConnectionClaims } from '../claims.ts';
import { checkTable, rowName } from '../names.ts';
import { connectHolders } from './connect.ts';
import { MariadbDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCE_SCHEMA, NEXT_FENCE } from './fence.ts';
import { MariadbHolder, causeNumberOf } from './holder.ts';

export interface MariadbRowLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Default `holdfast_row`. */
  readonly table?: string;
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

/** Lock wait timeout, max_statement_time exceeded. */
const BUSY = [1205, 1969];

class RowHolder extends MariadbHolder {
  readonly #table: string;
  readonly #prefix: string;

  constructor(table: string, prefix: string, ...rest: ConstructorParameters<typeof MariadbHolder>) {
    super(...rest);
    this.#table = table;
    this.#prefix = prefix;
  }

  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    const name = Buffer.from(rowName(this.#prefix + key));
    const fence = await this.asking(async () => {
      const found = await this.#select(name, waitMs);
      if (found !== 'no row') return found;
      await this.afterFailure();
      // In a transaction of its own: others must see the row to wait for it.
      await this.ask({ sql: `INSERT IGNORE INTO ${this.#table} (name) VALUES (?)`, values: [name] });
      return this.#select(name, waitMs);
    });
    if (fence !== 'busy') return { fencingToken: BigInt(fence) };
    await this.afterFailure();
    return undefined;
  }

  async unlock(): Promise<'released' | 'lost'> {
    await this.ask({ sql: 'COMMIT' });
    return 'released';
  }

  protected override async afterFailure(): Promise<void> {
    await this.ask({ sql: 'ROLLBACK' });
  }

  /** One compound statement, and so one round trip. @returns the fence. */
  async #select(name: Buffer, waitMs: number): Promise<string> {
    // A time limit in fractions of a second, where that of InnoDB has whole ones; 0 of the latter is "do not wait".
    const limit =
      waitMs === 0 ? 'innodb_lock_wait_timeout = 0' : `max_statement_time = ${(Math.ceil(waitMs) / 1000).toFixed(3)}`;
    // READ COMMITTED locks the row alone; REPEATABLE READ also the gap beside it, into which others want to insert theirs.
    const sql = `SET STATEMENT ${limit} FOR BEGIN NOT ATOMIC
      SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
      START TRANSACTION;
      SELECT ${NEXT_FENCE} AS fence FROM ${this.#table} WHERE name = ? FOR UPDATE;
    END`;
    try {
      // The rows of its only SELECT, and the end of it.
      const results = await this.ask({ sql, values: [name] });
      const rows: unknown = Array.isArray(results) ? results[0] : undefined;
      const fence: unknown = Array.isArray(rows) ? Reflect.get(Object(rows[0]), 'fence') : undefined;
      return typeof fence === 'string' ? fence : 'no row';
    } catch (error) {
      if (BUSY.includes(causeNumberOf(error) ?? 0)) return 'busy';
      throw error;
    }
  }
}

class RowBackend implements HolderBackend {
  readonly #database: MariadbDatabase;
  readonly #table: string;
  readonly #prefix: string;

  constructor({ table = 'holdfast_row', prefix = '', ...options }: MariadbRowLockOptions) {
    this.#table = checkTable(table);
    this.#prefix = prefix;
    const schema = `CREATE TABLE IF NOT EXISTS ${table} (name VARBINARY(255) PRIMARY KEY) ENGINE = InnoDB`;
    this.#database = new MariadbDatabase(options, [schema, FENCE_SCHEMA]);
  }

  async open(): Promise<RowHolder> {
    return new RowHolder(this.#table, this.#prefix, this.#database, await this.#database.checkOut());
  }

  /** Takes the row for an instant, if it is free. */
  async inspect(key: string): Promise<Inspection> {
    const name = Buffer.from(rowName(this.#prefix + key));
    const there = `SELECT name FROM ${this.#table} WHERE name = ?`;
    const free = await this.#database.rows({ sql: `${there} FOR UPDATE SKIP LOCKED`, values: [name] });
    if (free.length > 0) return { key, held: false };
    const known = await this.#database.rows({ sql: there, values: [name] });
    return { key, held: known.length > 0 };
  }

  probe(): Promise<string | undefined> {
    return this.#database.probe();
  }
}

export class MariadbRowLock extends ConnectionLock {
  constructor(options: MariadbRowLockOptions) {
    super(new RowBackend(options), options);
  }
}

export const lock: LockModule = {
  name: 'sql-row-mariadb',
  summary:
    'SELECT … FOR UPDATE on MariaDB, in a transaction that lasts as long as the lock; no lease; fence from a sequence.',
  backend: 'mariadb',
  topologies: ['single'],
  claims: forgetfulConnectionClaims,
  recoverMs: 2500,
  roundTrips: 2,
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new MariadbRowLock(options)),
};
