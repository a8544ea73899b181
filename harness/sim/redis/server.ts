/** One Redis server: keys, scripts, channels. What its commands answer is held against a real one by `tests/sim/`. */
import type { ServerSession } from '../network/connection.ts';
import type { ServerModel, Surroundings, Transport } from '../node.ts';
import { collections } from './collections.ts';
import { integer, SYNTAX, type CommandTable } from './command.ts';
import { generic, globOf } from './generic.ts';
import { Keyspace } from './keyspace.ts';
import { luaInterpreter, sha1, type Call } from './lua.ts';
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
  readonly #surroundings: Around;
  readonly #scripts = new Map<string, string>();
  readonly #subscribers = new Map<string, Set<Session>>();
  readonly #patterns = new Map<string, Set<Session>>();
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
    };
  }

  connect(transport: Transport): ServerSession {
    this.#clients += 1;
    return new Session(this, transport, this.#clients);
  }

  /** What a crash leaves: nothing but the data, if that. */
  crash(keepData: boolean): void {
    for (const table of [this.#scripts, this.#subscribers, this.#patterns, this.#watchers]) table.clear();
    if (!keepData) this.keys.clear();
  }

  /** One command of a connection: its own time begins. @throws RedisError */
  execute(name: string, args: readonly string[]): Reply {
    this.#nowUs = this.#surroundings.wallUs();
    return this.#run(name, args);
  }

  subscribers(pattern: boolean): Map<string, Set<Session>> {
    return pattern ? this.#patterns : this.#subscribers;
  }

  watch(key: string, session: Session): void {
    const watching = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watching.add(session));
  }

  unwatch(session: Session): void {
    for (const watching of this.#watchers.values()) watching.delete(session);
  }

  /** Whether there is such a command, and with so many arguments. */
  check(name: string, args: readonly string[]): RedisError | undefined {
    const command = COMMANDS[name] ?? OWN[name];
    if (command === undefined) this.#surroundings.unsupported(`the command ${name} of Redis is not simulated`);
    const words = args.length + 1;
    const right = command.arity < 0 ? words >= -command.arity : words === command.arity;
    return right ? undefined : new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  }

  #run(name: string, args: readonly string[]): Reply {
    const wrong = this.check(name, args);
    if (wrong !== undefined) throw wrong;
    const command = COMMANDS[name];
    if (command !== undefined) return command.run(this.keys, args);
    return this.#runOwn(name, args);
  }

  #runOwn(name: string, args: readonly string[]): Reply {
    const [first = '', second = ''] = args;
    switch (name) {
      case 'TIME':
        return [String(Math.floor(this.#nowUs / 1e6)), String(this.#nowUs % 1e6)];
      case 'PUBLISH':
        return this.#publish(first, second);
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
        return `# Server\r\nredis_version:${SIMULATED_VERSION}\r\nloading:0\r\n# Replication\r\nrole:master\r\n`;
      case 'ROLE':
        return ['master', 0, []];
      case 'PUBSUB':
        return this.#pubsub(first.toUpperCase(), args.slice(1));
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

  #publish(channel: string, message: string): number {
    const direct = this.#subscribers.get(channel) ?? new Set();
    for (const session of direct) session.push(['message', channel, message]);
    let heard = direct.size;
    for (const [pattern, sessions] of this.#patterns) {
      if (!globOf(pattern).test(channel)) continue;
      for (const session of sessions) session.push(['pmessage', pattern, channel, message]);
      heard += sessions.size;
    }
    return heard;
  }

  #pubsub(what: string, args: readonly string[]): Reply {
    if (what === 'NUMSUB') return args.flatMap((channel) => [channel, this.#subscribers.get(channel)?.size ?? 0]);
    if (what === 'NUMPAT') return this.#patterns.size;
    if (what !== 'CHANNELS') throw new RedisError(SYNTAX);
    const glob = globOf(args[0] ?? '*');
    return [...this.#subscribers].filter(([name, who]) => who.size > 0 && glob.test(name)).map(([name]) => name);
  }
}

const PONG = new Status('PONG');

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
