/** A connection of PostgreSQL on which a lock is held. */
import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { LockOutcomeUnknownError } from '../../lock.ts';
import type { HeldGrant, Holder } from '../../connection/backend.ts';
import type { PostgresDatabase } from './database.ts';
import { giveBack } from './database.ts';
import { sqlStateOf, statementError } from './errors.ts';

const LOCK_NOT_AVAILABLE = '55P03';
const MISSING_TABLE = '42P01';

/** What differs between the kinds of locks. */
export abstract class PostgresHolder implements Holder {
  protected readonly database: PostgresDatabase;
  readonly #client: PoolClient;
  readonly #onEnd = new Set<() => void>();
  /** The statement whose answer is outstanding. */
  #asked: string | undefined;
  #state: 'open' | 'ended' | 'given back' = 'open';

  constructor(database: PostgresDatabase, client: PoolClient) {
    this.database = database;
    this.#client = client;
    client.once('error', this.#ended).once('end', this.#ended);
  }

  abstract lock(key: string, waitMs: number): Promise<HeldGrant | undefined>;
  abstract unlock(): Promise<'released' | 'lost'>;

  async ping(): Promise<void> {
    await this.ask({ text: 'SELECT 1' });
  }

  onEnd(listener: () => void): void {
    if (this.#state === 'ended') queueMicrotask(listener);
    else this.#onEnd.add(listener);
  }

  giveBack(): void {
    this.#leave('given back', false);
  }

  async end(): Promise<void> {
    const asked = this.#state === 'open' ? this.#asked : undefined;
    this.#leave('ended', true);
    // A session that waits for a lock does not look whether its client is still there, and would be granted it.
    if (asked !== undefined) await this.database.terminate(this.#client, asked);
  }

  /** @throws LockError */
  protected async ask(query: QueryConfig): Promise<QueryResult> {
    if (this.#state !== 'open') throw new LockOutcomeUnknownError('the connection to PostgreSQL has ended');
    this.#asked = query.text;
    try {
      return await this.#client.query(query);
    } catch (error) {
      throw statementError(error);
    } finally {
      this.#asked = undefined;
    }
  }

  /** Runs `work`, again if a table was missing and could be created, and maps "not available" to `undefined`. */
  protected async asking<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const code = sqlStateOf(error instanceof Error ? error.cause : undefined);
      if (code === LOCK_NOT_AVAILABLE) return undefined;
      if (code !== MISSING_TABLE) throw error;
      await this.afterFailure();
      await this.database.create(error);
      return work();
    }
  }

  /** Makes the connection usable after a statement on it has failed. */
  protected async afterFailure(): Promise<void> {}

  readonly #ended = (): void => {
    if (this.#state !== 'open') return;
    this.#leave('ended', true);
    for (const listener of this.#onEnd) listener();
  };

  #leave(state: 'ended' | 'given back', broken: boolean): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    giveBack(this.#client, broken);
    this.#client.off('error', this.#ended).off('end', this.#ended);
  }
}
