/** A connection of MariaDB on which a lock is held. */
import type { PoolConnection } from 'mysql2/promise';
import { LockOutcomeUnknownError } from '../../lock.ts';
import type { HeldGrant, Holder } from '../../connection/backend.ts';
import { MISSING, giveBack } from './database.ts';
import type { MariadbDatabase, Statement } from './database.ts';
import { errorNumberOf, statementError } from './errors.ts';

/** What differs between the kinds of locks. */
export abstract class MariadbHolder implements Holder {
  protected readonly database: MariadbDatabase;
  readonly #connection: PoolConnection;
  readonly #onEnd = new Set<() => void>();
  /** Answers that are outstanding. */
  #asking = 0;
  #state: 'open' | 'ended' | 'given back' = 'open';

  constructor(database: MariadbDatabase, connection: PoolConnection) {
    this.database = database;
    this.#connection = connection;
    // Whatever it is that ends it, a connection of a pool says so by an error.
    connection.once('error', this.#ended);
  }

  abstract lock(key: string, waitMs: number): Promise<HeldGrant | undefined>;
  abstract unlock(): Promise<'released' | 'lost'>;

  async ping(): Promise<void> {
    await this.ask({ sql: 'SELECT 1' });
  }

  onEnd(listener: () => void): void {
    if (this.#state === 'ended') queueMicrotask(listener);
    else this.#onEnd.add(listener);
  }

  giveBack(): void {
    this.#leave('given back', false);
  }

  async end(): Promise<void> {
    const { threadId } = this.#connection;
    const asking = this.#state === 'open' && this.#asking > 0;
    this.#leave('ended', true);
    // A session that waits for a lock does not look whether its client is still there, and would be granted it.
    if (asking) await this.database.kill(threadId);
  }

  /** @throws LockError */
  protected async ask({ sql, values = [] }: Statement): Promise<unknown> {
    if (this.#state !== 'open') throw new LockOutcomeUnknownError('the connection to MariaDB has ended');
    this.#asking += 1;
    try {
      const [result] = await this.#connection.query({ sql, values: [...values] });
      return result;
    } catch (error) {
      throw statementError(error);
    } finally {
      this.#asking -= 1;
    }
  }

  /** Runs `work`, and again after creating a table that was missing, if that is allowed. */
  protected async asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!MISSING.includes(causeNumberOf(error) ?? 0)) throw error;
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
    giveBack(this.#connection, broken);
    this.#connection.off('error', this.#ended);
  }
}

/** The number of the error that a `LockError` was made of. */
export function causeNumberOf(error: unknown): number | undefined {
  return errorNumberOf(error instanceof Error ? error.cause : undefined);
}
