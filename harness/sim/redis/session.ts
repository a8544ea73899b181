/** One connection to a simulated Redis: its protocol, its transaction, its subscriptions. */
import type { ServerSession } from '../network/connection.ts';
import type { Transport } from '../node.ts';
import { ProtocolError, RequestParser } from './parser.ts';
import { encode, MapReply, OK, PushReply, RedisError, Status, type Protocol, type Reply } from './reply.ts';
import { SIMULATED_VERSION } from './version.ts';

/** The server behind the connection. */
export interface Host {
  /** @throws RedisError */
  execute(name: string, args: readonly string[]): Reply;
  /** What is wrong with a command before it is run. */
  check(name: string, args: readonly string[]): RedisError | undefined;
  /** Who listens to which channel, or to which pattern. */
  subscribers(pattern: boolean): Map<string, Set<Session>>;
  watch(key: string, session: Session): void;
  unwatch(session: Session): void;
}

interface Queued {
  readonly name: string;
  readonly args: readonly string[];
}

/** A subscribed connection of RESP2 may say only these. */
const WHILE_SUBSCRIBED = new Set([
  ...['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'SSUBSCRIBE', 'SUNSUBSCRIBE'],
  ...['PING', 'QUIT', 'RESET'],
]);
const QUEUED = new Status('QUEUED');

export class Session implements ServerSession {
  readonly #server: Host;
  readonly #transport: Transport;
  readonly #id: number;
  readonly #parser = new RequestParser();
  readonly #channels = new Set<string>();
  readonly #patterns = new Set<string>();
  #protocol: Protocol = 2;
  #name: string | null = null;
  #queue: Queued[] | undefined;
  #queueSpoiled = false;
  #watchSpoiled = false;
  /** Replies to what arrived together leave together. */
  #out = '';

  constructor(server: Host, transport: Transport, id: number) {
    this.#server = server;
    this.#transport = transport;
    this.#id = id;
  }

  receive(chunk: Buffer): void {
    try {
      for (const [name = '', ...args] of this.#parser.feed(chunk)) this.#obey(name.toUpperCase(), args);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#say(new RedisError(`ERR Protocol error: ${error.message}`));
      this.#flush();
      this.#transport.hangUp();
      return;
    }
    this.#flush();
  }

  closed(): void {
    this.#unsubscribeAll();
    this.#server.unwatch(this);
  }

  /** A watched key has changed. */
  spoil(): void {
    this.#watchSpoiled = true;
  }

  /** Out of turn; also during its own command, of which the answer then comes after. */
  push(parts: readonly Reply[]): void {
    this.#transport.reply(Buffer.from(encode(new PushReply(parts), this.#protocol), 'latin1'));
  }

  #say(reply: Reply): void {
    this.#out += encode(reply, this.#protocol);
  }

  #flush(): void {
    if (this.#out === '') return;
    const bytes = Buffer.from(this.#out, 'latin1');
    this.#out = '';
    this.#transport.reply(bytes);
  }

  #obey(name: string, args: readonly string[]): void {
    const subscriptions = this.#channels.size + this.#patterns.size;
    if (this.#protocol === 2 && subscriptions > 0 && !WHILE_SUBSCRIBED.has(name)) {
      const allowed = '(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET';
      return this.#say(
        new RedisError(`ERR Can't execute '${name.toLowerCase()}': only ${allowed} are allowed in this context`),
      );
    }
    if (this.#protocol === 2 && subscriptions > 0 && name === 'PING') return this.#say(['pong', args[0] ?? '']);
    try {
      this.#answer(name, args);
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      this.#say(error);
    }
  }

  #answer(name: string, args: readonly string[]): void {
    switch (name) {
      case 'MULTI':
        if (this.#queue !== undefined) throw new RedisError('ERR MULTI calls can not be nested');
        this.#queue = [];
        this.#queueSpoiled = false;
        return this.#say(OK);
      case 'EXEC':
        return this.#execute();
      case 'DISCARD':
        if (this.#queue === undefined) throw new RedisError('ERR DISCARD without MULTI');
        this.#endTransaction();
        return this.#say(OK);
      case 'WATCH':
        if (this.#queue !== undefined) throw new RedisError('ERR WATCH inside MULTI is not allowed');
        for (const key of args) this.#server.watch(key, this);
        return this.#say(OK);
      case 'QUIT':
        this.#say(OK);
        this.#flush();
        return this.#transport.hangUp();
      default:
    }
    if (this.#queue !== undefined) {
      const wrong = CONNECTION.has(name) ? undefined : this.#server.check(name, args);
      if (wrong !== undefined) {
        this.#queueSpoiled = true;
        throw wrong;
      }
      this.#queue.push({ name, args });
      return this.#say(QUEUED);
    }
    if (SUBSCRIBING.has(name)) return this.#subscription(name, args);
    this.#say(this.#perform(name, args));
  }

  #perform(name: string, args: readonly string[]): Reply {
    const [first = '', second = ''] = args;
    switch (name) {
      case 'HELLO':
        return this.#hello(args);
      case 'AUTH':
        return OK;
      case 'SELECT':
        if (first !== '0') throw new RedisError('ERR DB index is out of range');
        return OK;
      case 'UNWATCH':
        this.#server.unwatch(this);
        this.#watchSpoiled = false;
        return OK;
      case 'RESET':
        this.#unsubscribeAll();
        this.#endTransaction();
        this.#protocol = 2;
        return new Status('RESET');
      case 'CLIENT':
        return this.#client(first.toUpperCase(), second);
      default:
        return this.#server.execute(name, args);
    }
  }

  #client(action: string, value: string): Reply {
    switch (action) {
      case 'SETNAME':
        this.#name = value;
        return OK;
      case 'GETNAME':
        return this.#name;
      case 'ID':
        return this.#id;
      case 'SETINFO':
      case 'REPLY':
      case 'NO-EVICT':
      case 'NO-TOUCH':
        return OK;
      default:
        this.#server.check(`CLIENT ${action}`, []);
        return null;
    }
  }

  #hello([version = '']: readonly string[]): Reply {
    if (version !== '' && version !== '2' && version !== '3')
      throw new RedisError('NOPROTO unsupported protocol version');
    if (version !== '') this.#protocol = version === '3' ? 3 : 2;
    return new MapReply([
      ['server', 'redis'],
      ['version', SIMULATED_VERSION],
      ['proto', this.#protocol],
      ['id', this.#id],
      ['mode', 'standalone'],
      ['role', 'master'],
      ['modules', []],
    ]);
  }

  #execute(): void {
    const queue = this.#queue;
    if (queue === undefined) throw new RedisError('ERR EXEC without MULTI');
    const [queueSpoiled, watchSpoiled] = [this.#queueSpoiled, this.#watchSpoiled];
    this.#endTransaction();
    if (queueSpoiled) throw new RedisError('EXECABORT Transaction discarded because of previous errors.');
    if (watchSpoiled) {
      this.#out += this.#protocol === 3 ? '_\r\n' : '*-1\r\n';
      return;
    }
    this.#say(
      queue.map(({ name, args }) => {
        try {
          return this.#perform(name, args);
        } catch (error) {
          if (error instanceof RedisError) return error;
          throw error;
        }
      }),
    );
  }

  #endTransaction(): void {
    this.#queue = undefined;
    this.#watchSpoiled = false;
    this.#server.unwatch(this);
  }

  #subscription(name: string, args: readonly string[]): void {
    const pattern = name.startsWith('P');
    const mine = pattern ? this.#patterns : this.#channels;
    const all = this.#server.subscribers(pattern);
    const leaving = name.endsWith('UNSUBSCRIBE');
    if (!leaving && args.length === 0) {
      throw new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
    }
    const named: readonly (string | null)[] = leaving && args.length === 0 ? [...mine] : args;
    for (const channel of named.length === 0 ? [null] : named) {
      if (channel !== null && leaving) {
        mine.delete(channel);
        all.get(channel)?.delete(this);
      } else if (channel !== null) {
        mine.add(channel);
        all.set(channel, (all.get(channel) ?? new Set()).add(this));
      }
      this.#say(new PushReply([name.toLowerCase(), channel, this.#channels.size + this.#patterns.size]));
    }
  }

  #unsubscribeAll(): void {
    for (const channel of this.#channels) this.#server.subscribers(false).get(channel)?.delete(this);
    for (const channel of this.#patterns) this.#server.subscribers(true).get(channel)?.delete(this);
    this.#channels.clear();
    this.#patterns.clear();
  }
}

const SUBSCRIBING = new Set(['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE']);
/** Answered by the connection rather than by the server. */
const CONNECTION = new Set(['HELLO', 'AUTH', 'SELECT', 'UNWATCH', 'RESET', 'CLIENT', ...SUBSCRIBING]);
