/** A connection of MariaDB on which a lock is held. */
import { DatabaseHolder } from '../holder.ts';
import type { MariadbConnection } from './client.ts';
import { MISSING, giveBack } from './database.ts';
import type { MariadbDatabase, Statement } from './database.ts';
import { causeNumberOf, statementError } from './errors.ts';

/** What differs between the kinds of locks. */
export abstract class MariadbHolder extends DatabaseHolder {
  readonly #database: MariadbDatabase;
  readonly #connection: MariadbConnection;

  constructor(database: MariadbDatabase, connection: MariadbConnection) {
    super();
    this.#database = database;
    this.#connection = connection;
    // Whatever it is that ends it, a connection of a pool says so by an error.
    connection.once('error', this.ended);
  }

  async ping(): Promise<void> {
    await this.ask({ sql: 'SELECT 1' });
  }

  /** @throws LockError */
  protected ask({ sql, values = [] }: Statement): Promise<unknown> {
    return this.send(sql, async () => {
      try {
        const [result] = await this.#connection.query({ sql, values: [...values] });
        return result;
      } catch (error) {
        throw statementError(error);
      }
    });
  }

  protected override putBack(broken: boolean): void {
    giveBack(this.#connection, broken);
    this.#connection.off('error', this.ended);
  }

  protected override endSession(): Promise<void> {
    return this.#database.kill(this.#connection.threadId);
  }

  protected override isMissing(error: unknown): boolean {
    return MISSING.includes(causeNumberOf(error) ?? 0);
  }

  protected override createMissing(error: unknown): Promise<void> {
    return this.#database.create(error, (statement) => this.ask(statement));
  }
}
