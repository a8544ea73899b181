/** One connection to a simulated PostgreSQL: its protocol, its transaction, what it listens to. */
import type { ServerSession } from '../../network/connection.ts';
import type { Surroundings, Transport } from '../../network/node.ts';
import type { ClientSession, Database } from './database.ts';
import { SqlError, type Result } from './result.ts';
import type { Statement } from './statement.ts';
import { statementsOf } from './statements.ts';
import * as wire from './wire.ts';

/** A session that waits for a lock looks this often whether its client is still there (`client_connection_check_interval`). */
const CLIENT_CHECK_MS = 200;

const IN_FAILED_TRANSACTION = '25P02';
const ADMIN_SHUTDOWN = '57P01';
const READ_ONLY = '25006';
const CHANGE = 'change ';

/** A statement that was prepared, and the values that were bound to it. */
interface Portal {
  readonly text: string;
  readonly statement: Statement;
  readonly values: readonly (string | null)[];
}

export class Session implements ServerSession, ClientSession {
  readonly pid: number;
  readonly channels = new Set<string>();
  transaction: 'I' | 'T' | 'E' = 'I';
  /** Of the transaction. */
  lockTimeoutMs = Infinity;
  /** The statement that runs. */
  asked: string | undefined;
  readonly #database: Database;
  readonly #around: Surroundings;
  readonly #transport: Transport;
  readonly #reader = new wire.MessageReader();
  readonly #prepared = new Map<string, string>();
  /** What is to be done, in order; the first is being done. */
  readonly #queue: (() => void)[] = [];
  #portal: Portal | undefined;
  /** After an error, everything is skipped up to the next synchronization. */
  #skipping = false;
  #busy = false;
  #ended = false;
  #abandoned = false;
  #out: Buffer[] = [];

  constructor(pid: number, database: Database, around: Surroundings, transport: Transport) {
    this.pid = pid;
    this.#database = database;
    this.#around = around;
    this.#transport = transport;
    database.sessions.add(this);
  }

  receive(chunk: Buffer): void {
    for (const { kind, body } of this.#reader.feed(chunk)) {
      this.#queue.push(() => this.#obey(kind, new wire.Fields(body)));
    }
    this.#advance();
  }

  /** A session that is busy notices only when it looks. */
  closed(): void {
    if (this.#ended) return;
    this.#abandoned = true;
    if (this.#busy) this.#around.after(CLIENT_CHECK_MS, () => this.#end());
    else this.#end();
  }

  /** By the word of an administrator. */
  terminate(): void {
    this.#say(wire.errorResponse(ADMIN_SHUTDOWN, 'terminating connection due to administrator command', 'FATAL'));
    this.#flush();
    this.#transport.hangUp();
    this.#end();
  }

  tell(from: ClientSession, channel: string, payload: string): void {
    if (!this.#ended) this.#transport.reply(wire.notification(from.pid, channel, payload));
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.length = 0;
    this.#database.sessions.delete(this);
    this.#database.locks.forget(this);
    this.#database.locks.giveBackAll('', this);
  }

  #advance(): void {
    while (!this.#busy && !this.#ended) {
      const act = this.#queue.shift();
      if (act === undefined) break;
      act();
    }
    this.#flush();
  }

  #obey(kind: string, fields: wire.Fields): void {
    if (this.#skipping && kind !== 'S') return;
    switch (kind) {
      case '':
        return this.#start();
      case 'Q':
        return this.#query(fields.text());
      case 'P': {
        const [name, text] = [fields.text(), fields.text()];
        this.#single(text);
        this.#prepared.set(name, text);
        return this.#say(wire.parsed());
      }
      case 'B':
        this.#bind(fields);
        return this.#say(wire.bound());
      case 'D': {
        const columns = this.#portal?.statement.columns;
        return this.#say(columns === undefined ? wire.noData() : wire.rowDescription(columns));
      }
      case 'E': {
        const portal = this.#portal;
        if (portal === undefined) return this.#around.unsupported('a portal of PostgreSQL that was not bound');
        return this.#run(portal, false, () => undefined);
      }
      case 'S':
        this.#skipping = false;
        return this.#say(wire.ready(this.transaction));
      case 'C':
        return this.#say(wire.closed());
      case 'H':
        return;
      case 'X':
        this.#end();
        return this.#transport.hangUp();
      default:
        return this.#around.unsupported(`the message "${kind}" of PostgreSQL is not simulated`);
    }
  }

  #start(): void {
    this.#say(wire.authenticated());
    const parameters = { server_version: '15.0', client_encoding: 'UTF8', standard_conforming_strings: 'on' };
    for (const [name, value] of Object.entries(parameters)) this.#say(wire.parameter(name, value));
    this.#say(wire.backendKey(this.pid));
    this.#say(wire.ready('I'));
  }

  #bind(fields: wire.Fields): void {
    const [, name] = [fields.text(), fields.text()];
    for (let formats = fields.short(); formats > 0; formats -= 1) {
      if (fields.short() !== 0) this.#around.unsupported('binary values of PostgreSQL are not simulated');
    }
    const values = Array.from({ length: fields.short() }, () => fields.value());
    const text = this.#prepared.get(name) ?? '';
    this.#portal = { text, statement: this.#single(text), values };
  }

  #single(text: string): Statement {
    const [statement, ...more] = this.#statements(text);
    return statement === undefined || more.length > 0 ? this.#unknown(text) : statement;
  }

  #statements(text: string): readonly Statement[] {
    return statementsOf(text) ?? this.#unknown(text);
  }

  #unknown(text: string): never {
    return this.#around.unsupported(`a statement of PostgreSQL that is not simulated: ${text}`);
  }

  /** One after the other, up to the first that fails. */
  #query(text: string): void {
    const statements = [...this.#statements(text)];
    const next = (): void => {
      const statement = statements.shift();
      if (statement === undefined) return this.#say(wire.ready(this.transaction));
      this.#run({ text, statement, values: [] }, true, (failed) => {
        if (!failed) return next();
        this.#skipping = false;
        this.#say(wire.ready(this.transaction));
      });
    };
    next();
  }

  #run({ text, statement, values }: Portal, describes: boolean, then: (failed: boolean) => void): void {
    this.#busy = true;
    this.asked = text;
    let atOnce = true;
    const done = (outcome: Result | SqlError): void => {
      this.#busy = false;
      this.asked = undefined;
      if (this.#ended) return;
      if (outcome instanceof SqlError) this.#fail(outcome);
      else {
        if (describes && statement.columns !== undefined) this.#say(wire.rowDescription(statement.columns));
        for (const row of outcome.rows) this.#say(wire.dataRow(row));
        this.#say(wire.complete(outcome.tag));
      }
      then(outcome instanceof SqlError);
      if (atOnce) return;
      this.#advance();
      // Nobody is there to hear it.
      if (this.#abandoned) this.#end();
    };
    if (this.transaction === 'E' && statement.endsTransaction !== true) {
      return done(new SqlError(IN_FAILED_TRANSACTION, 'current transaction is aborted'));
    }
    try {
      if (statement.writes === true) this.#change(statement, values, done);
      else statement.run({ database: this.#database, session: this, values }, done);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      done(error);
    }
    atOnce = false;
  }

  /** Others who would change the same row wait until the change is committed. */
  #change(statement: Statement, values: Portal['values'], done: (outcome: Result | SqlError) => void): void {
    const database = this.#database;
    const { locks, replication } = database;
    if (replication.inRecovery) throw new SqlError(READ_ONLY, 'cannot execute this in a read-only transaction');
    const row = `${CHANGE}${values[0] ?? ''}`;
    const end = (outcome: Result | SqlError): void => {
      locks.giveBack(row, this);
      if ('notice' in outcome && outcome.notice !== undefined)
        database.notify(this, outcome.notice.channel, outcome.notice.payload);
      done(outcome);
    };
    locks.take(row, this, Infinity, () => {
      try {
        statement.run({ database, session: this, values }, (outcome) => {
          if (outcome instanceof SqlError) end(outcome);
          else replication.commit(() => end(outcome));
        });
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        end(error);
      }
    });
  }

  #fail({ code, message }: SqlError): void {
    if (this.transaction === 'T') this.transaction = 'E';
    this.#skipping = true;
    this.#say(wire.errorResponse(code, message));
  }

  #say(bytes: Buffer): void {
    this.#out.push(bytes);
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const bytes = Buffer.concat(this.#out);
    this.#out = [];
    if (!this.#abandoned) this.#transport.reply(bytes);
  }
}
