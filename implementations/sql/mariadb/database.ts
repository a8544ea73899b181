/** A MariaDB database as the locks use it: one statement at a time, each on any connection of a pool. */
import { LockBackendError, isLockError } from '../../lock.ts';
import { systemClock } from '../../lease/clock.ts';
import { noConnection } from '../../lease/no-connection.ts';
import { CutShortError, within } from '../../lease/within.ts';
import { checkPool } from './client.ts';
import type { MariadbConnection, MariadbPool, MariadbRow } from './client.ts';
import { dialectOf, holderDialectOf } from './dialect.ts';
import type { Dialect, Schema } from './dialect.ts';
import { causeNumberOf, connectionError, statementError } from './errors.ts';

export interface DatabaseOptions {
  /** Of `mysql2/promise`. */
  readonly pool: MariadbPool;
  /** Create what `schema` creates when it is missing. Default false: the error has the statements. */
  readonly createMissing?: boolean;
}

export interface Statement {
  readonly sql: string;
  readonly values?: readonly unknown[];
}

/** A pool without a free connection is waited for so long. */
const CONNECT_WITHIN_MS = 1000;
/** A connection that owes an answer for so long is given up: it may be a black hole, which TCP notices after minutes. */
const SILENCE_MS = 2000;
/** A statement that MariaDB ended for the sake of another (deadlock) is repeated this often. */
const REPETITIONS = 5;
const DEADLOCK = 1213;
/** No such table, no such sequence. */
export const MISSING = [1146, 4091];
/** What the server is. */
export const WHAT_SERVER = 'SELECT @@global.read_only AS replica, VERSION() AS version';

export class MariadbDatabase {
  readonly #pool: MariadbPool;
  readonly #schema: Schema;
  readonly #createMissing: boolean;
  #version: string | undefined;

  constructor({ pool, createMissing = false }: DatabaseOptions, schema: Schema) {
    checkPool(pool);
    this.#pool = pool;
    this.#schema = schema;
    this.#createMissing = createMissing;
  }

  /**
   * Runs one statement in a transaction of its own.
   * @param withdrawn asked once there is a connection: nothing is sent for a caller who has gone.
   */
  async run(statement: Statement, withdrawn?: () => boolean): Promise<unknown> {
    for (let repetition = 0; ; repetition += 1) {
      try {
        return await this.#once(statement, withdrawn);
      } catch (error) {
        const number = causeNumberOf(error);
        if (repetition >= REPETITIONS || number === undefined) throw error;
        if (MISSING.includes(number)) await this.create(error);
        else if (number !== DEADLOCK) throw error;
      }
    }
  }

  /** Its rows. */
  async rows(statement: Statement, withdrawn?: () => boolean): Promise<MariadbRow[]> {
    const result = await this.run(statement, withdrawn);
    return Array.isArray(result) ? result : [];
  }

  /** How many rows it found, whether or not it changed them: `mysql2` asks for that count (FOUND_ROWS). */
  async count(statement: Statement): Promise<number> {
    return numberIn(await this.run(statement), 'affectedRows');
  }

  /** What its LAST_INSERT_ID(…) was given. */
  async insertId(statement: Statement, withdrawn?: () => boolean): Promise<number> {
    return insertIdOf(await this.run(statement, withdrawn));
  }

  /** A connection for one's own use, to be given back by `giveBack`. Its errors are swallowed: see the statements. */
  async checkOut(): Promise<MariadbConnection> {
    const coming = this.#pool.getConnection();
    try {
      const connection = await within(systemClock, coming, CONNECT_WITHIN_MS);
      connection.on('error', ignore);
      return connection;
    } catch (error) {
      if (!(error instanceof CutShortError)) throw connectionError(error);
      coming.then(
        (late) => late.release(),
        // Nobody waits for it any more.
        () => undefined,
      );
      throw noConnection(CONNECT_WITHIN_MS, error);
    }
  }

  /** The same for a lock that the connection will hold. @throws LockBackendError also for a MySQL that is too old */
  async open(): Promise<{ readonly connection: MariadbConnection; readonly dialect: Dialect }> {
    const connection = await this.checkOut();
    try {
      const version = this.#version ?? (await this.#askVersion((statement) => answerOf(connection, statement)));
      return { connection, dialect: holderDialectOf(version) };
    } catch (error) {
      giveBack(connection, !isLockError(error));
      throw connectionError(error);
    }
  }

  /** Ends the session with this number, if it can be done: it may have ended by itself, or end when it is heard of. */
  async kill(threadId: number): Promise<void> {
    await this.run({ sql: 'KILL CONNECTION ?', values: [threadId] }).catch(() => undefined);
  }

  /**
   * After a statement failed for want of a table. Whoever has a connection says so by `run`: the pool may have no other.
   * @throws LockBackendError with the statements that create it.
   */
  async create(
    error: unknown,
    run: (statement: Statement) => Promise<unknown> = (one) => this.#once(one),
  ): Promise<void> {
    const schema = this.#schema[dialectOf(this.#version ?? (await this.#askVersion(run)))];
    if (!this.#createMissing) {
      const message = `the lock’s table or sequence is missing: create it with\n${schema.join(';\n')}`;
      throw new LockBackendError(message, 'definite', { cause: error });
    }
    for (const sql of schema) await run({ sql });
  }

  /** Resolves when the server can grant locks. @throws LockBackendError for a read-only server, and as `run` does. */
  async probe(): Promise<undefined> {
    const rows = await this.rows({ sql: WHAT_SERVER });
    this.#version = String(firstOf(rows, 'version'));
    if (firstOf(rows, 'replica') !== 1) return undefined;
    throw new LockBackendError('this MariaDB server is read-only: connect to the primary', 'definite');
  }

  async #askVersion(run: (statement: Statement) => Promise<unknown>): Promise<string> {
    this.#version = String(firstOf(await run({ sql: WHAT_SERVER }), 'version'));
    return this.#version;
  }

  async #once(statement: Statement, withdrawn?: () => boolean): Promise<unknown> {
    const connection = await this.checkOut();
    let broken = false;
    try {
      if (withdrawn?.() === true) throw new LockBackendError('the caller had gone', 'definite');
      return await answerOf(connection, statement);
    } catch (error) {
      const lockError = statementError(error);
      broken = lockError.outcome === 'unknown';
      throw lockError;
    } finally {
      giveBack(connection, broken);
    }
  }
}

/** The answer, unless the connection is silent for too long. After an error that is not MariaDB's, it is to be destroyed. */
export async function answerOf(
  connection: MariadbConnection,
  { sql, values = [] }: Statement,
  limitMs = SILENCE_MS,
): Promise<unknown> {
  const [result] = await within(systemClock, connection.query({ sql, values: [...values] }), limitMs);
  return result;
}

/** Back into the pool, or out of this world. */
export function giveBack(connection: MariadbConnection, broken: boolean): void {
  if (broken) connection.destroy();
  else connection.release();
  connection.off('error', ignore);
}

/** Of the first of a statement's rows; `undefined` where there is none. */
export function firstOf(rows: unknown, column: string): unknown {
  return Array.isArray(rows) ? (rows as MariadbRow[])[0]?.[column] : undefined;
}

/** What a statement's LAST_INSERT_ID(…) was given, or the number that the server has given a row. */
export function insertIdOf(result: unknown): number {
  return numberIn(result, 'insertId');
}

function numberIn(result: unknown, name: 'affectedRows' | 'insertId'): number {
  return Number(Reflect.get(Object(result), name));
}

function ignore(): void {}
