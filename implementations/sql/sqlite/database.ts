/** A SQLite database as the locks use it: one statement at a time, each its own transaction, without blocking the process. */
import { LockBackendError, LockOutcomeUnknownError } from '../../lock.ts';
import type { LockError } from '../../lock.ts';
import { sleep, systemClock } from '../../lease/clock.ts';
import { causeOf } from '../cause.ts';
import { checkDatabase } from './client.ts';
import type { SqliteConnection, SqliteStatement, SqliteValue } from './client.ts';

export interface DatabaseOptions {
  /**
   * A connection for the lock alone, for a transaction that somebody else has open on it would swallow the lock's. Opened
   * with `timeout: 0`: SQLite would wait for other writers with the whole process standing still; the lock waits by itself.
   */
  readonly database: SqliteConnection;
  /** Create what `schema` creates when it is missing. Default false: the error has the statement. */
  readonly createMissing?: boolean;
}

export type Row = Record<string, unknown>;

/** Result codes (SQLite manual, "Result and Error Codes"). */
const BUSY = [5, 6];
const IO_ERROR = 10;
const ADVICE: Readonly<Record<number, string>> = {
  5: 'another process has been writing for long: it may be stopped in the middle of it',
  8: 'the file, or its folder, is read-only for this process',
  11: 'the file is damaged',
  13: 'the disk is full: make room',
  14: 'the file cannot be opened: check its folder and permissions',
  26: 'the file is no database',
};
/** Somebody else is writing: a matter of microseconds, unless that process was stopped in the middle of it. */
const BUSY_PAUSE_MS = 2;
const BUSY_WITHIN_MS = 1000;

export class SqliteDatabase {
  readonly #database: SqliteConnection;
  readonly #schema: string;
  readonly #createMissing: boolean;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor({ database, createMissing = false }: DatabaseOptions, schema: string) {
    checkDatabase(database);
    this.#database = database;
    this.#schema = schema;
    this.#createMissing = createMissing;
  }

  /**
   * Runs one statement. `values` are asked for at each try, for they contain the time.
   * @param withdrawn asked before each try: nothing is done for a caller who has gone.
   * @returns its first row.
   */
  async run(
    sql: string,
    values: () => Record<string, SqliteValue>,
    withdrawn?: () => boolean,
  ): Promise<Row | undefined> {
    const until = systemClock.now() + BUSY_WITHIN_MS;
    for (;;) {
      if (withdrawn?.() === true) throw new LockBackendError('the caller had gone', 'definite');
      try {
        return this.#once(sql, values());
      } catch (error) {
        if (!BUSY.includes(codeOf(error)) || systemClock.now() >= until) throw databaseError(error);
      }
      await sleep(systemClock, BUSY_PAUSE_MS);
    }
  }

  #once(sql: string, values: Record<string, SqliteValue>): Row | undefined {
    if (this.#database.isTransaction) {
      throw new LockBackendError('the lock’s connection has a transaction open: give it one for itself', 'definite');
    }
    return this.#prepared(sql).get(values) as Row | undefined;
  }

  #prepared(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #prepare(sql: string): SqliteStatement {
    try {
      return this.#database.prepare(sql);
    } catch (cause) {
      if (!causeOf(cause).message.startsWith('no such table')) throw cause;
      if (!this.#createMissing) {
        const message = `the lock’s table is missing: create it with\n${this.#schema}`;
        throw new LockBackendError(message, 'definite', { cause });
      }
    }
    this.#database.exec(this.#schema);
    return this.#database.prepare(sql);
  }
}

/** The primary result code. */
function codeOf(error: unknown): number {
  return Number(Reflect.get(causeOf(error), 'errcode') ?? 0) & 0xff;
}

function databaseError(error: unknown): LockError {
  if (error instanceof LockBackendError) return error;
  const cause = causeOf(error);
  const code = codeOf(error);
  if (code === IO_ERROR)
    return new LockOutcomeUnknownError(`SQLite could not read or write: ${cause.message}`, { cause });
  const advice = ADVICE[code];
  const message = `SQLite refused: ${cause.message}${advice === undefined ? '' : `: ${advice}`}`;
  return new LockBackendError(message, 'definite', { cause });
}
