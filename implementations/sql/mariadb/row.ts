/**
 * A row lock of MariaDB or MySQL (InnoDB): SELECT … FOR UPDATE in a transaction that is open for as long as the lock is held,
 * on a connection that the holder has for itself. The end of the transaction releases it, the end of the connection too.
 *
 * No lease, as with the advisory lock. An open transaction keeps InnoDB from purging: not for long holds.
 */
import type { Inspection } from '../../lock.ts';
import type { Holder, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { rowName } from '../names.ts';
import { MariadbDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCE_SCHEMA, MYSQL_DRAWN_SCHEMA } from './fence.ts';
import { rowStatements } from './holder-statements.ts';
import type { RowStatements } from './holder-statements.ts';
import { MariadbRowHolder, MysqlRowHolder } from './row-holder.ts';

export interface MariadbRowLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Default `holdfast_row`. */
  readonly table?: string;
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

class RowBackend implements HolderBackend {
  readonly #database: MariadbDatabase;
  readonly #statements: RowStatements;
  readonly #prefix: string;

  constructor({ table = 'holdfast_row', prefix = '', ...options }: MariadbRowLockOptions) {
    this.#statements = rowStatements(table);
    this.#prefix = prefix;
    const { schema } = this.#statements;
    this.#database = new MariadbDatabase(options, {
      mariadb: [schema, FENCE_SCHEMA],
      mysql: [schema, MYSQL_DRAWN_SCHEMA],
    });
  }

  async open(): Promise<Holder> {
    const { connection, dialect } = await this.#database.open();
    const RowHolder = dialect === 'mysql' ? MysqlRowHolder : MariadbRowHolder;
    return new RowHolder(this.#statements, this.#prefix, this.#database, connection);
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
