/**
 * The advisory lock of MariaDB and MySQL, GET_LOCK, on the session of a connection that the holder has for itself: the server keeps it
 * until it is released or the connection ends.
 *
 * No lease: a holder that was paused still holds it. But the server frees it the moment a connection breaks, and the holder
 * may learn of that later than its successor of the grant.
 */
import type { Inspection } from '../../lock.ts';
import type { Holder, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { MariadbAdvisoryHolder, MysqlAdvisoryHolder, lockName } from './advisory-holder.ts';
import { MariadbDatabase, firstOf } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { FENCE_SCHEMA, MYSQL_COUNTED_SCHEMA } from './fence.ts';
import { IS_FREE_LOCK } from './holder-statements.ts';

export interface MariadbAdvisoryLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
}

class AdvisoryBackend implements HolderBackend {
  readonly #database: MariadbDatabase;
  readonly #prefix: string;

  constructor(options: MariadbAdvisoryLockOptions) {
    this.#database = new MariadbDatabase(options, { mariadb: [FENCE_SCHEMA], mysql: [MYSQL_COUNTED_SCHEMA] });
    this.#prefix = options.prefix ?? '';
  }

  async open(): Promise<Holder> {
    const { connection, dialect } = await this.#database.open();
    const AdvisoryHolder = dialect === 'mysql' ? MysqlAdvisoryHolder : MariadbAdvisoryHolder;
    return new AdvisoryHolder(this.#prefix, this.#database, connection);
  }

  async inspect(key: string): Promise<Inspection> {
    const rows = await this.#database.rows({ sql: IS_FREE_LOCK, values: [lockName(this.#prefix + key)] });
    return { key, held: firstOf(rows, 'free') === 0 };
  }

  probe(): Promise<string | undefined> {
    return this.#database.probe();
  }
}

export class MariadbAdvisoryLock extends ConnectionLock {
  constructor(options: MariadbAdvisoryLockOptions) {
    super(new AdvisoryBackend(options), options);
  }
}
