/**
 * PostgreSQL's own advisory lock, on the session of a connection that the holder has for itself: the server keeps it until
 * it is released or the connection ends, and hands it on in the order in which it was asked for.
 *
 * No lease: a holder that was paused still holds it. But the server frees it the moment a connection breaks, and the holder
 * may learn of that later than its successor of the grant.
 */
import type { Inspection } from '../../lock.ts';
import type { HeldGrant, HolderBackend } from '../../connection/backend.ts';
import { ConnectionLock } from '../../connection/connection-lock.ts';
import type { ConnectionLockOptions } from '../../connection/connection-lock.ts';
import { hashOf } from '../names.ts';
import { giveBack, PostgresDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { connectionError, statementError } from './errors.ts';
import { FENCE_SCHEMA, NEXT_FENCE } from './fence.ts';
import { PostgresHolder } from './holder.ts';
import { checkOwnSession } from './own-session.ts';

export interface PostgresAdvisoryLockOptions extends ConnectionLockOptions, DatabaseOptions {
  /** Every name begins with it. Default none. */
  readonly prefix?: string;
  /**
   * The pooler in between gives each client a session for itself (PgBouncer's `pool_mode = session`). Default false: behind
   * any pooler the lock is refused, for one that shares sessions lets two in at once.
   */
  readonly sessionPooling?: boolean;
}

/** The cases are there for the order: what is asked for comes after what is set, and the fence after the grant. */
export const WAIT = `SELECT CASE WHEN set_config('lock_timeout', $2, true) IS NOT NULL THEN
  CASE WHEN pg_advisory_lock($1::bigint)::text = '' THEN ${NEXT_FENCE} END END AS fence`;
export const TRY = `SELECT CASE WHEN pg_try_advisory_lock($1::bigint) THEN ${NEXT_FENCE} END AS fence`;

class AdvisoryHolder extends PostgresHolder {
  readonly #prefix: string;
  #id = '';

  constructor(prefix: string, ...rest: ConstructorParameters<typeof PostgresHolder>) {
    super(...rest);
    this.#prefix = prefix;
  }

  async lock(key: string, waitMs: number): Promise<HeldGrant | undefined> {
    const id = (this.#id = String(numberOf(this.#prefix + key)));
    const query =
      waitMs === 0
        ? { name: 'try advisory', text: TRY, values: [id] }
        : { name: 'wait advisory', text: WAIT, values: [id, String(Math.ceil(waitMs))] };
    const result = await this.unlessBusy(() => this.ask(query));
    const fence: unknown = result?.rows[0]?.['fence'];
    if (typeof fence === 'string') return { fencingToken: BigInt(fence) };
    // It may have been granted in the very moment in which the wait was ended.
    if (result === undefined) await this.ask({ text: 'SELECT pg_advisory_unlock_all()' });
    return undefined;
  }

  async unlock(): Promise<'released' | 'lost'> {
    const text = 'SELECT pg_advisory_unlock($1::bigint) AS released';
    const { rows } = await this.ask({ name: 'unlock advisory', text, values: [this.#id] });
    return rows[0]?.['released'] === true ? 'released' : 'lost';
  }
}

class AdvisoryBackend implements HolderBackend {
  readonly #database: PostgresDatabase;
  readonly #prefix: string;
  readonly #sessionPooling: boolean;

  constructor(options: PostgresAdvisoryLockOptions) {
    this.#database = new PostgresDatabase(options, FENCE_SCHEMA);
    this.#prefix = options.prefix ?? '';
    this.#sessionPooling = options.sessionPooling ?? false;
  }

  async open(): Promise<AdvisoryHolder> {
    const connection = await this.#database.checkOut();
    try {
      if (!this.#sessionPooling) await checkOwnSession(connection);
    } catch (error) {
      const trouble = statementError(error);
      giveBack(connection, trouble.outcome === 'unknown');
      throw trouble.outcome === 'unknown' ? connectionError(trouble.cause) : trouble;
    }
    return new AdvisoryHolder(this.#prefix, this.#database, connection);
  }

  async inspect(key: string): Promise<Inspection> {
    const number = BigInt.asUintN(64, numberOf(this.#prefix + key));
    const [row] = await this.#database.run<{ held: boolean; waiters: number }>({
      text: `SELECT coalesce(bool_or(granted), false) AS held, count(*) FILTER (WHERE NOT granted)::int AS waiters
        FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint = $1 AND objid::bigint = $2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      values: [String(number >> 32n), String(number & 0xffff_ffffn)],
    });
    return { key, held: row?.held === true, waiters: row?.waiters ?? 0 };
  }

  async probe(): Promise<string | undefined> {
    (await this.open()).giveBack();
    return this.#database.probe();
  }
}

/** Advisory locks have numbers: 64 bits of the name's hash. Names that share one, which is not to be found, exclude each other. */
function numberOf(name: string): bigint {
  return hashOf(name).readBigInt64BE(0);
}

export class PostgresAdvisoryLock extends ConnectionLock {
  constructor(options: PostgresAdvisoryLockOptions) {
    super(new AdvisoryBackend(options), options);
  }
}
