/** One Redis server: keys, scripts, channels. What its commands answer is held against a real one by `tests/sim/`. */
import type { ServerSession } from '../../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../../network/node.ts';
import { Channels } from './channels.ts';
import { collections } from './collections.ts';
import { integer, type CommandTable } from './command.ts';
import { generic } from './generic.ts';
import { isWrite } from './flags.ts';
import { Keyspace } from './keyspace.ts';
import { luaInterpreter, sha1, type Call } from './lua.ts';
import type { Effect, Place } from './place.ts';
import { OK, RedisError, Status, type Reply } from './reply.ts';
import { Session, type Host } from './session.ts';
import { sortedSets } from './sorted-sets.ts';
import { strings } from './strings.ts';
import { translationOf } from './translated.ts';
import { SIMULATED_VERSION } from './version.ts';

const COMMANDS: CommandTable = { ...strings, ...generic, ...collections, ...sortedSets };

/** What the server stands in. */
type Around = Pick<Surroundings, 'wallUs' | 'unsupported'>;

export class RedisServer implements Host, ServerModel {
  readonly keys: Keyspace;
  /** Among other servers; absent where it stands alone. */
  place: Place | undefined;
  /** Keys that the command has changed. */
  readonly #changed = new Set<string>();
  readonly #surroundings: Around;
  readonly #scripts = new Map<string, string>();
  readonly #channels = new Channels();
  readonly #watchers = new Map<string, Set<Session>>();
  /** The time of a command does not pass while it runs. */
  #nowUs = 0;
  #clients = 0;
  /** Whether scripts take the fast path where there is one. */
  readonly #translate: boolean;

  constructor(surroundings: Around, translate = true) {
    this.#surroundings = surroundings;
    this.#translate = translate;
    this.keys = new Keyspace(() => Math.floor(this.#nowUs / 1000));
    this.keys.onChange = (key) => {
      for (const session of this.#watchers.get(key) ?? []) session.spoil();
      if (this.place !== undefined) this.#changed.add(key);
    };
    this.keys.onExpire = (key) => {
      if (this.place !== undefined) this.#changed.add(key);
    };
  }

  connect(transport: Transport): ServerSession {
    this.#clients += 1;
    return new Session(this, transport, this.#clients);
  }

  /** What a crash leaves: nothing but the data, if that. */
  crash(keepData: boolean): void {
    this.#channels.clear();
    for (const table of [this.#scripts, this.#watchers]) table.clear();
    if (!keepData) this.keys.clear();
  }

  /** One command of a connection: its own time begins. @throws RedisError */
  execute(name: string, args: readonly string[], readsReplica = false): Reply {
    this.#nowUs = this.#surroundings.wallUs();
    const { place } = this;
    if (place === undefined) return this.#run(name, args);
    place.admit(name, args, readsReplica);
    try {
      return this.#run(name, args);
    } finally {
      // What a script did before it failed is done.
      this.#tell(place);
    }
  }

  /** What the primary has done, done here. */
  imitate(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.f === 'publish') this.hear(effect.channel, effect.message);
      else this.keys.restore(effect.key, effect.entry);
    }
    this.#changed.clear();
  }

  /** Another server has published something. */
  hear(channel: string, message: string): void {
    this.#channels.publish(channel, message);
  }

  #tell(place: Place): void {
    if (this.#changed.size === 0) return;
    const effects = [...this.#changed].map((key) => ({ f: 'key' as const, key, entry: this.keys.copy(key) }));
    this.#changed.clear();
    place.wrote(effects);
  }

  lasting(): readonly string[] {
    return this.keys.lasting();
  }

  subscribers(pattern: boolean): Map<string, Set<Session>> {
    return this.#channels.subscribers(pattern);
  }

  watch(key: string, session: Session): void {
    const watching = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watching.add(session));
  }

  unwatch(session: Session): void {
    for (const watching of this.#watchers.values()) watching.delete(session);
  }

  /** What is wrong with a command before it is run: its words, or that it is another server's to answer. */
  check(name: string, args: readonly string[], readsReplica: boolean): RedisError | undefined {
    const wrong = this.#checkWords(name, args);
    if (wrong !== undefined || this.place === undefined) return wrong;
    try {
      this.place.admit(name, args, readsReplica);
      return this.place.isReplica && name in COMMANDS && isWrite(name) ? new RedisError(READ_ONLY) : undefined;
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  /** Whether there is such a command, and with so many arguments. */
  #checkWords(name: string, args: readonly string[]): RedisError | undefined {
    const command = COMMANDS[name] ?? OWN[name];
    if (command === undefined) this.#surroundings.unsupported(`the command ${name} of Redis is not simulated`);
    const words = args.length + 1;
    const right = command.arity < 0 ? words >= -command.arity : words === command.arity;
    return right ? undefined : new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  }

  #run(name: string, args: readonly string[]): Reply {
    const wrong = this.#checkWords(name, args);
    if (wrong !== undefined) throw wrong;
    const command = COMMANDS[name];
    if (command === undefined) return this.#runOwn(name, args);
    if (this.place?.isReplica === true && isWrite(name)) throw new RedisError(READ_ONLY);
    return command.run(this.keys, args);
  }

  #runOwn(name: string, args: readonly string[]): Reply {
    const [first = '', second = ''] = args;
    switch (name) {
      case 'TIME':
        return [String(Math.floor(this.#nowUs / 1e6)), String(this.#nowUs % 1e6)];
      case 'PUBLISH':
        this.place?.published(first, second);
        return this.#channels.publish(first, second);
      case 'EVAL':
      case 'EVAL_RO':
        this.#scripts.set(sha1Of(first), first);
        return this.#script(first, args);
      case 'EVALSHA':
      case 'EVALSHA_RO': {
        const script = this.#scripts.get(first.toLowerCase());
        if (script === undefined) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.');
        return this.#script(script, args);
      }
      case 'SCRIPT':
        return this.#scriptCommand(first.toUpperCase(), args.slice(1));
      case 'PING':
        return args.length === 0 ? PONG : first;
      case 'ECHO':
        return first;
      case 'WAIT':
        return 0;
      case 'INFO':
        return `# Server\r\nredis_version:${SIMULATED_VERSION}\r\nloading:0\r\n# Replication\r\n${this.place?.info() ?? 'role:master\r\n'}`;
      case 'ROLE':
        return this.place?.role() ?? ['master', 0, []];
      case 'CLUSTER':
        if (this.place === undefined) throw new RedisError(NO_CLUSTER);
        return this.place.cluster(first.toUpperCase(), args.slice(1));
      case 'PUBSUB':
        return this.#channels.describe(first.toUpperCase(), args.slice(1));
      default:
        return this.#surroundings.unsupported(`the command ${name} of Redis is not simulated here`);
    }
  }

  #script(script: string, [, count, ...rest]: readonly string[]): Reply {
    const keyCount = integer(count);
    if (keyCount < 0) throw new RedisError("ERR Number of keys can't be negative");
    if (keyCount > rest.length) throw new RedisError("ERR Number of keys can't be greater than number of args");
    const [keys, args] = [rest.slice(0, keyCount), rest.slice(keyCount)];
    const call: Call = ([name = '', ...words]) => this.#run(name.toUpperCase(), words);
    const translated = this.#translate ? translationOf(script, keys, args) : undefined;
    if (translated !== undefined) return translated(call, keys, args);
    return luaInterpreter().run(script, keys, args, call, this.#surroundings.unsupported);
  }

  #scriptCommand(action: string, args: readonly string[]): Reply {
    const [script = ''] = args;
    switch (action) {
      case 'LOAD': {
        luaInterpreter().check(script);
        const digest = sha1Of(script);
        this.#scripts.set(digest, script);
        return digest;
      }
      case 'EXISTS':
        return args.map((digest) => Number(this.#scripts.has(digest.toLowerCase())));
      case 'FLUSH':
        this.#scripts.clear();
        return OK;
      default:
        return this.#surroundings.unsupported(`SCRIPT ${action} of Redis is not simulated`);
    }
  }
}

const PONG = new Status('PONG');
const READ_ONLY = "READONLY You can't write against a read only replica.";
const NO_CLUSTER = 'ERR This instance has cluster support disabled';

/** Commands of the server itself, and how many words they have. */
const OWN: Readonly<Record<string, { readonly arity: number }>> = {
  TIME: { arity: 1 },
  PUBLISH: { arity: 3 },
  EVAL: { arity: -3 },
  EVAL_RO: { arity: -3 },
  EVALSHA: { arity: -3 },
  EVALSHA_RO: { arity: -3 },
  SCRIPT: { arity: -2 },
  PING: { arity: -1 },
  ECHO: { arity: 2 },
  WAIT: { arity: 3 },
  INFO: { arity: -1 },
  ROLE: { arity: 1 },
  PUBSUB: { arity: -2 },
  CLUSTER: { arity: -2 },
};

/** Digests of scripts that were sent in whole: each is computed once. */
const digests = new Map<string, string>();

function sha1Of(script: string): string {
  const known = digests.get(script);
  if (known !== undefined) return known;
  const digest = sha1(script);
  digests.set(script, digest);
  return digest;
}
