/**
 * A row lock of MariaDB (InnoDB): SELECT … FOR UPDATE in a transaction that is open for as long as the lock is held, on a
 * connection that the holder has for itself. COMMIT releases it, the end of the connection too.
 *
 * No lease, as with the advisory lock. An open transaction keeps InnoDB from purging: not for long holds.
 */
import type { Inspection } from '../../lock.ts';
import type { HeldGrant, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { rowName } from '../names.ts';
import { MariadbDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCE_SCHEMA } from './fence.ts';
import { causeNumberOf } from './errors.ts';
import { MariadbHolder } from './holder.ts';
import { NO_WAIT, rowStatements, waitAtMost } from './holder-statements.ts';
import type { RowStatements } from './holder-statements.ts';

export interface MariadbRowLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Default `holdfast_row`. */
  readonly table?: string;
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

/** Lock wait timeout, max_statement_time exceeded. */
const BUSY = [1205, 1969];

class RowHolder extends MariadbHolder {
  readonly #statements: RowStatements;
  readonly #prefix: string;

  constructor(statements: RowStatements, prefix: string, ...rest: ConstructorParameters<typeof MariadbHolder>) {
    super(...rest);
    this.#statements = statements;
    this.#prefix = prefix;
  }

  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    const name = Buffer.from(rowName(this.#prefix + key));
    const fence = await this.asking(async () => {
      const found = await this.#select(name, waitMs);
      if (found !== 'no row') return found;
      await this.afterFailure();
      // In a transaction of its own: others must see the row to wait for it.
      await this.ask({ sql: this.#statements.insert, values: [name] });
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

  /** @returns the fence. */
  async #select(name: Buffer, waitMs: number): Promise<string> {
    const limit = waitMs === 0 ? NO_WAIT : waitAtMost((Math.ceil(waitMs) / 1000).toFixed(3));
    const sql = this.#statements.lock(limit);
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
  readonly #statements: RowStatements;
  readonly #prefix: string;

  constructor({ table = 'holdfast_row', prefix = '', ...options }: MariadbRowLockOptions) {
    this.#statements = rowStatements(table);
    this.#prefix = prefix;
    this.#database = new MariadbDatabase(options, [this.#statements.schema, FENCE_SCHEMA]);
  }

  async open(): Promise<RowHolder> {
    return new RowHolder(this.#statements, this.#prefix, this.#database, await this.#database.checkOut());
  }

  /** Takes the row for an instant, if it is free. */
  async inspect(key: string): Promise<Inspection> {
    const name = Buffer.from(rowName(this.#prefix + key));
    const free = await this.#database.rows({ sql: this.#statements.findFree, values: [name] });
    if (free.length > 0) return { key, held: false };
    const known = await this.#database.rows({ sql: this.#statements.find, values: [name] });
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
