/** One simulated PostgreSQL server. What it answers is held against a real one by `tests/sim/`. */
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../network/node.ts';
import { Database } from './database.ts';
import { ALONE, type Replication } from './replication.ts';
import { Session } from './session.ts';

export class PostgresServer implements ServerModel {
  readonly #around: Surroundings;
  readonly database: Database;
  readonly #replication: Replication | undefined;
  #pid = 0;

  constructor(around: Surroundings, replication?: Replication) {
    this.#around = around;
    this.#replication = replication;
    this.database = new Database(around, replication ?? ALONE);
  }

  connect(transport: Transport): ServerSession {
    this.#pid += 1;
    return new Session(this.#pid, this.database, this.#around, transport);
  }

  killed(): void {
    this.#replication?.killed();
  }

  crash(keepData: boolean): void {
    this.database.crash(keepData);
    this.#replication?.restart(keepData);
  }
}
