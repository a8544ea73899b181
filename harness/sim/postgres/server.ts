/** One simulated PostgreSQL server. What it answers is held against a real one by `tests/sim/`. */
import type { ServerSession } from '../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../node.ts';
import { Database } from './database.ts';
import { Session } from './session.ts';

export class PostgresServer implements ServerModel {
  readonly #around: Surroundings;
  readonly #database: Database;
  #pid = 0;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#database = new Database(around);
  }

  connect(transport: Transport): ServerSession {
    this.#pid += 1;
    return new Session(this.#pid, this.#database, this.#around, transport);
  }

  crash(keepData: boolean): void {
    this.#database.crash(keepData);
  }
}
