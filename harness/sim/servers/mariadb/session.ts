/** One connection to a simulated MariaDB: its protocol, its transaction, what it waits for. */
import type { ServerSession } from '../../network/connection.ts';
import type { Surroundings, Transport } from '../../network/node.ts';
import type { ClientSession, Database } from './database.ts';
import { done, SqlError, type Result } from './result.ts';
import { VERSION, type Statement } from './statement.ts';
import { statementOf } from './statements.ts';
import * as wire from './wire.ts';

/** The statement that runs. */
interface Running {
  readonly statement: Statement;
  readonly sinceMs: number;
}

export class Session implements ServerSession, ClientSession {
  /** It has set up a transaction, with or without a lock. */
  inTransaction = false;
  readonly #threadId: number;
  readonly #database: Database;
  readonly #around: Surroundings;
  readonly #transport: Transport;
  readonly #reader = new wire.PacketReader();
  /** What the client said, in order, and has not been begun with. */
  readonly #queue: Buffer[] = [];
  #greeted = false;
  #running: Running | undefined;
  #abandoned = false;
  #ended = false;

  constructor(threadId: number, database: Database, around: Surroundings, transport: Transport) {
    this.#threadId = threadId;
    this.#database = database;
    this.#around = around;
    this.#transport = transport;
    database.sessions.set(threadId, this);
    // A server that is stopped accepts connections, and says nothing.
    around.after(0, () => this.#say(0, [wire.greeting(VERSION, threadId)]));
  }

  receive(chunk: Buffer): void {
    this.#queue.push(...this.#reader.feed(chunk));
    this.#advance();
  }

  /** A session that waits notices only when it looks. */
  closed(): void {
    this.#abandoned = true;
    if (this.#running === undefined) return this.end();
    const { statement, sinceMs } = this.#running;
    if (statement.looksEveryMs === undefined) return;
    const sinceLookMs = (this.#around.nowMs() - sinceMs) % statement.looksEveryMs;
    this.#around.after(statement.looksEveryMs - sinceLookMs, () => this.#database.locks.expire(this));
  }

  /** By its client, or by another's `KILL`: its client is told nothing but that. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#database.sessions.delete(this.#threadId);
    this.#database.locks.forget(this);
    this.#database.locks.giveBackAll('', this);
    this.#transport.hangUp();
  }

  #advance(): void {
    while (this.#running === undefined && !this.#ended) {
      const body = this.#queue.shift();
      if (body !== undefined) this.#obey(body);
      // Nobody is there to say more.
      else if (this.#abandoned) return this.end();
      else return;
    }
  }

  #obey(body: Buffer): void {
    if (!this.#greeted) {
      this.#greeted = true;
      return this.#tell([done()], 2);
    }
    const command = body.readUInt8(0);
    switch (command) {
      case wire.COMMAND.quit:
        return this.end();
      case wire.COMMAND.ping:
        return this.#tell([done()]);
      case wire.COMMAND.query:
        return this.#query(body.toString('utf8', 1));
      default:
        return this.#around.unsupported(`the command ${command} of MariaDB's protocol is not simulated`);
    }
  }

  #query(text: string): void {
    const found = statementOf(text);
    if (found === undefined) {
      return this.#around.unsupported(`a statement of MariaDB that is not simulated: ${text}`);
    }
    const { statement, values } = found;
    this.#running = { statement, sinceMs: this.#around.nowMs() };
    let atOnce = true;
    const answer = (outcome: readonly Result[] | SqlError): void => {
      this.#running = undefined;
      if (outcome instanceof SqlError) this.#say(1, [wire.failure(outcome)]);
      else this.#tell(outcome);
      if (!atOnce) this.#advance();
    };
    try {
      statement.run({ database: this.#database, session: this, values }, answer);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      answer(error);
    }
    atOnce = false;
  }

  #tell(results: readonly Result[], first = 1): void {
    const { inTransaction } = this;
    const bodies = results.flatMap((result, index) => {
      const status = { inTransaction, more: index < results.length - 1 };
      if (result.kind === 'done') return [wire.ok(result, status)];
      const end = wire.eof(status);
      const columns = result.columns.map(wire.column);
      return [wire.columnCount(columns.length), ...columns, end, ...result.rows.map(wire.row), end];
    });
    this.#say(first, bodies);
  }

  #say(first: number, bodies: readonly Buffer[]): void {
    if (!this.#ended) this.#transport.reply(wire.packets(first, bodies));
  }
}
