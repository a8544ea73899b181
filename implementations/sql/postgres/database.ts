/** A PostgreSQL database as the locks use it: one statement at a time, each on any connection of a pool. */
import { LockBackendError } from '../../lock.ts';
import { systemClock } from '../../lease/clock.ts';
import { within } from '../../lease/within.ts';
import { checkPool } from './client.ts';
import type { PostgresConnection, PostgresPool, PostgresQuery, PostgresResult } from './client.ts';
import { causeStateOf, connectionError, MISSING_TABLE, statementError } from './errors.ts';

export interface DatabaseOptions {
  readonly pool: PostgresPool;
  /** Create what `schema` creates when it is missing. Default false: the error has the statement. */
  readonly createMissing?: boolean;
}

/** A connection that owes an answer for so long is given up: it may be a black hole, which TCP notices after minutes. */
const SILENCE_MS = 2000;
/** How long a session that was given up may take to end. */
const ENDS_WITHIN_MS = 500;
/** Statements that PostgreSQL ended for the sake of others are repeated this often: serialization failure, deadlock. */
const REPETITIONS = 5;
const REPEATABLE = ['40001', '40P01'];
/**
 * A statement that is prepared already, or is not there though it was: a pooler gives each transaction another session. Nothing
 * was carried out.
 */
const NOT_PREPARED = ['42P05', '26000'];
/** Number of the advisory lock under which tables are created; two sessions that create one at once fail. */
const CREATION = 7_206_541_101;

export class PostgresDatabase {
  readonly #pool: PostgresPool;
  readonly #schema: string;
  readonly #createMissing: boolean;
  /** Whether statements stay with the connection on which they were prepared. */
  #prepares = true;

  /** @param schema the statements that create what the lock needs; they do nothing where it exists. */
  constructor({ pool, createMissing = false }: DatabaseOptions, schema: string) {
    checkPool(pool);
    this.#pool = pool;
    this.#schema = schema;
    this.#createMissing = createMissing;
  }

  /**
   * Runs one statement in a transaction of its own.
   * @param withdrawn asked once there is a connection: nothing is sent for a caller who has gone.
   */
  async run<Row extends object>(query: PostgresQuery, withdrawn?: () => boolean): Promise<Row[]> {
    for (let repetition = 0; ; repetition += 1) {
      try {
        return await this.#once<Row>(query, withdrawn);
      } catch (error) {
        const code = causeStateOf(error);
        if (repetition >= REPETITIONS || code === undefined) throw error;
        if (code === MISSING_TABLE) await this.create(error);
        else if (NOT_PREPARED.includes(code)) this.#prepares = false;
        else if (!REPEATABLE.includes(code)) throw error;
      }
    }
  }

  /** A connection for one's own use, to be given back by its `release`. Its errors are swallowed: see the statements. */
  async checkOut(): Promise<PostgresConnection> {
    try {
      const client = await this.#pool.connect();
      client.on('error', ignore);
      return client;
    } catch (error) {
      throw connectionError(error);
    }
  }

  /** Resolves when the server can grant locks. @throws LockBackendError for a read-only replica, and as `run` does. */
  async probe(): Promise<undefined> {
    const [row] = await this.run<{ replica: boolean }>({ text: 'SELECT pg_is_in_recovery() AS replica' });
    if (row?.replica !== true) return undefined;
    throw new LockBackendError('this PostgreSQL server is a read-only replica: connect to the primary', 'definite');
  }

  /**
   * Ends the session of a connection that was given up while `statement` ran, if it still runs: by then its process may be
   * another's.
   */
  async terminate(client: PostgresConnection, statement: string): Promise<void> {
    // Else the answer comes before the end, and what is free by then may still be granted to it.
    const text = `SELECT pg_terminate_backend(pid, ${ENDS_WITHIN_MS}) FROM pg_stat_activity
      WHERE pid = $1 AND state = 'active' AND left(query, 500) = left($2, 500)`;
    const values = [Reflect.get(client, 'processID'), statement];
    await this.run({ text, values }).catch(() => undefined);
  }

  /**
   * After a statement failed for want of a table. Whoever has a connection says so by `run`: the pool may have no other.
   * @throws LockBackendError with the statement that creates it.
   */
  async create(
    error: unknown,
    run: (query: PostgresQuery) => Promise<unknown> = (query) => this.#once(query),
  ): Promise<void> {
    if (!this.#createMissing) {
      const message = `the lock’s table or sequence is missing: create it with\n${this.#schema}`;
      throw new LockBackendError(message, 'definite', { cause: error });
    }
    // One message, so one transaction: whoever comes second finds everything there.
    await run({ text: `SELECT pg_advisory_xact_lock(${CREATION}); ${this.#schema}` });
  }

  async #once<Row extends object>(query: PostgresQuery, withdrawn?: () => boolean): Promise<Row[]> {
    const client = await this.checkOut();
    let broken = false;
    try {
      if (withdrawn?.() === true) throw new LockBackendError('the caller had gone', 'definite');
      const { text, values = [] } = query;
      return (await answerOf(client, this.#prepares ? query : { text, values })).rows as Row[];
    } catch (error) {
      const lockError = statementError(error);
      broken = lockError.outcome === 'unknown';
      throw lockError;
    } finally {
      giveBack(client, broken);
    }
  }
}

/** The answer, unless the connection is silent for too long. After an error without SQLSTATE it is to be destroyed. */
export function answerOf(
  client: PostgresConnection,
  query: PostgresQuery,
  limitMs = SILENCE_MS,
): Promise<PostgresResult> {
  return within(systemClock, client.query(query), limitMs);
}

/** Back into the pool, or out of this world. */
export function giveBack(client: PostgresConnection, broken: boolean): void {
  client.release(broken);
  client.off('error', ignore);
}

function ignore(): void {}
