/** One connection to a simulated Redis: its protocol, its transaction, its subscriptions. */
import type { ServerSession } from '../../network/connection.ts';
import type { Transport } from '../../network/node.ts';
import { integer } from './command.ts';
import { ClientCommands, helloOf, protocolOf } from './introduction.ts';
import { ProtocolError, RequestParser } from './parser.ts';
import type { Place } from './place.ts';
import { encode, OK, PushReply, RedisError, Status, type Protocol, type Reply } from './reply.ts';
import { forbiddenToSubscribers, Subscriptions } from './subscriptions.ts';

/** The server behind the connection. */
export interface Host {
  /** Among other servers; absent where it stands alone. */
  readonly place: Place | undefined;
  /** @throws RedisError */
  execute(name: string, args: readonly string[], readsReplica: boolean): Reply;
  /** What is wrong with a command before it is run. */
  check(name: string, args: readonly string[], readsReplica: boolean): RedisError | undefined;
  /** Who listens to which channel, or to which pattern. */
  subscribers(pattern: boolean): Map<string, Set<Session>>;
  watch(key: string, session: Session): void;
  unwatch(session: Session): void;
}

interface Queued {
  readonly name: string;
  readonly args: readonly string[];
}

const QUEUED = new Status('QUEUED');

export class Session implements ServerSession {
  readonly #server: Host;
  readonly #transport: Transport;
  readonly #id: number;
  readonly #parser = new RequestParser();
  readonly #subscriptions: Subscriptions<Session>;
  #protocol: Protocol = 2;
  readonly #client: ClientCommands;
  #queue: Queued[] | undefined;
  #queueSpoiled = false;
  #watchSpoiled = false;
  /** A replica may answer it, too (`READONLY`). */
  #readsReplica = false;
  /** Up to where its commands have taken what replicas are told of. */
  #offset = 0;
  /** While it waits for replicas: the requests that came after. */
  #waiting: (readonly string[])[] | undefined;
  /** Replies to what arrived together leave together. */
  #out = '';

  constructor(server: Host, transport: Transport, id: number) {
    this.#server = server;
    this.#transport = transport;
    this.#id = id;
    this.#client = new ClientCommands(id);
    this.#subscriptions = new Subscriptions(server, this);
  }

  receive(chunk: Buffer): void {
    try {
      for (const request of this.#parser.feed(chunk)) this.#take(request);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#say(new RedisError(`ERR Protocol error: ${error.message}`));
      this.#flush();
      this.#transport.hangUp();
      return;
    }
    this.#flush();
  }

  #take(request: readonly string[]): void {
    if (this.#waiting !== undefined) return void this.#waiting.push(request);
    const [name = '', ...args] = request;
    this.#obey(name.toUpperCase(), args);
  }

  closed(): void {
    this.#subscriptions.end();
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
    if (this.#protocol === 2 && this.#subscriptions.count > 0) {
      const forbidden = forbiddenToSubscribers(name);
      if (forbidden !== undefined) return this.#say(forbidden);
      if (name === 'PING') return this.#say(['pong', args[0] ?? '']);
    }
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
        return this.#executeAll();
      case 'DISCARD':
        if (this.#queue === undefined) throw new RedisError('ERR DISCARD without MULTI');
        this.#endTransaction();
        return this.#say(OK);
      case 'WATCH':
        if (this.#queue !== undefined) throw new RedisError('ERR WATCH inside MULTI is not allowed');
        this.#server.place?.admit(name, args, this.#readsReplica);
        for (const key of args) this.#server.watch(key, this);
        return this.#say(OK);
      case 'QUIT':
        this.#say(OK);
        this.#flush();
        return this.#transport.hangUp();
      default:
    }
    if (this.#queue !== undefined) {
      const wrong = CONNECTION.has(name) ? undefined : this.#server.check(name, args, this.#readsReplica);
      if (wrong !== undefined) {
        this.#queueSpoiled = true;
        throw wrong;
      }
      this.#queue.push({ name, args });
      return this.#say(QUEUED);
    }
    if (SUBSCRIBING.has(name)) return this.#subscriptions.change(name, args).forEach((reply) => this.#say(reply));
    if (name === 'WAIT' && this.#server.place !== undefined) return this.#wait(this.#server.place, args);
    this.#say(this.#perform(name, args));
  }

  #wait(place: Place, [count, timeout]: readonly string[]): void {
    if (place.isReplica) throw new RedisError('ERR WAIT cannot be used with replica instances.');
    const [wanted, timeoutMs] = [integer(count), integer(timeout)];
    this.#waiting = [];
    place.wait(this.#offset, wanted, timeoutMs, (reply) => {
      this.#say(reply);
      const requests = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const request of requests) this.#take(request);
      this.#flush();
    });
  }

  #perform(name: string, args: readonly string[]): Reply {
    const [first = '', second = ''] = args;
    switch (name) {
      case 'HELLO':
        this.#protocol = protocolOf(args) ?? this.#protocol;
        return helloOf(this.#protocol, this.#id, this.#server.place);
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
        this.#subscriptions.end();
        this.#endTransaction();
        this.#protocol = 2;
        return new Status('RESET');
      case 'CLIENT':
        return this.#client.answer(first.toUpperCase(), second, (what) => this.#server.check(what, [], false));
      case 'READONLY':
      case 'READWRITE':
        if (this.#server.place?.mode !== 'cluster') {
          throw new RedisError('ERR This instance has cluster support disabled');
        }
        this.#readsReplica = name === 'READONLY';
        return OK;
      default:
    }
    const { place } = this.#server;
    return place === undefined ? this.#server.execute(name, args, false) : this.#executeIn(place, name, args);
  }

  #executeIn(place: Place, name: string, args: readonly string[]): Reply {
    try {
      return this.#server.execute(name, args, this.#readsReplica);
    } finally {
      this.#offset = place.offset;
    }
  }

  #executeAll(): void {
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
}

const SUBSCRIBING = new Set(['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE']);
/** Answered by the connection rather than by the server. */
const CONNECTION = new Set([
  ...['HELLO', 'AUTH', 'SELECT', 'UNWATCH', 'RESET', 'CLIENT', 'READONLY', 'READWRITE'],
  ...SUBSCRIBING,
]);
