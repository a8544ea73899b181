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
  #state: 'open' | 'ended' | 'given back' = 'open';

  constructor(database: MariadbDatabase, connection: PoolConnection) {
    this.database = database;
    this.#connection = connection;
    connection.once('error', this.#ended).once('end', this.#ended);
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

  end(): void {
    this.#leave('ended', true);
  }

  /** @throws LockError */
  protected async ask({ sql, values = [] }: Statement): Promise<unknown> {
    if (this.#state !== 'open') throw new LockOutcomeUnknownError('the connection to MariaDB has ended');
    try {
      const [result] = await this.#connection.query({ sql, values: [...values] });
      return result;
    } catch (error) {
      throw statementError(error);
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
    this.#connection.off('error', this.#ended).off('end', this.#ended);
  }
}

/** The number of the error that a `LockError` was made of. */
export function causeNumberOf(error: unknown): number | undefined {
  return errorNumberOf(error instanceof Error ? error.cause : undefined);
}
