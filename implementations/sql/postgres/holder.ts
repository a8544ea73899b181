/** A connection of PostgreSQL on which a lock is held. */
import { DatabaseHolder } from '../holder.ts';
import type { PostgresConnection, PostgresQuery, PostgresResult } from './client.ts';
import type { PostgresDatabase } from './database.ts';
import { giveBack } from './database.ts';
import { causeStateOf, MISSING_TABLE, statementError } from './errors.ts';

const LOCK_NOT_AVAILABLE = '55P03';

/** What differs between the kinds of locks. */
export abstract class PostgresHolder extends DatabaseHolder {
  readonly #database: PostgresDatabase;
  readonly #client: PostgresConnection;

  constructor(database: PostgresDatabase, client: PostgresConnection) {
    super();
    this.#database = database;
    this.#client = client;
    client.once('error', this.ended);
    client.once('end', this.ended);
  }

  async ping(): Promise<void> {
    await this.ask({ text: 'SELECT 1' });
  }

  /** @throws LockError */
  protected ask(query: PostgresQuery): Promise<PostgresResult> {
    return this.send(query.text, async () => {
      try {
        return await this.#client.query(query);
      } catch (error) {
        throw statementError(error);
      }
    });
  }

  /** As `asking`; `undefined` where PostgreSQL answers that the lock was not to be had in time. */
  protected async unlessBusy<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.asking(work);
    } catch (error) {
      if (causeStateOf(error) === LOCK_NOT_AVAILABLE) return undefined;
      throw error;
    }
  }

  /** A text as it may stand in a statement. */
  protected literal(text: string): string {
    return this.#client.escapeLiteral(text);
  }

  protected override putBack(broken: boolean): void {
    giveBack(this.#client, broken);
    this.#client.off('error', this.ended);
    this.#client.off('end', this.ended);
  }

  protected override endSession(statement: string): Promise<void> {
    return this.#database.terminate(this.#client, statement);
  }

  protected override isMissing(error: unknown): boolean {
    return causeStateOf(error) === MISSING_TABLE;
  }

  protected override createMissing(error: unknown): Promise<void> {
    return this.#database.create(error, (query) => this.ask(query));
  }
}
