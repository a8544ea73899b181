/** One simulated MariaDB server. What it answers is held against a real one by `tests/sim/`. */
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../network/node.ts';
import { Database } from './database.ts';
import { Session } from './session.ts';

/** Its own threads have the numbers before; a server that was started anew counts from here again. */
const FIRST_THREAD = 4;

export class MariadbServer implements ServerModel {
  readonly #around: Surroundings;
  readonly #database: Database;
  #threadId = FIRST_THREAD;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#database = new Database(around);
  }

  connect(transport: Transport): ServerSession {
    const session = new Session(this.#threadId, this.#database, this.#around, transport);
    this.#threadId += 1;
    return session;
  }

  crash(keepData: boolean): void {
    this.#threadId = FIRST_THREAD;
    this.#database.crash(keepData);
  }
}
