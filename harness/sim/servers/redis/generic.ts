/** Commands on keys of any type: existence, expiry, names. */
import { integer, SYNTAX, type CommandTable } from './command.ts';
import { SortedSet, type Keyspace } from './keyspace.ts';
import { OK, RedisError, Status, type Reply } from './reply.ts';

type Run = (keys: Keyspace, args: readonly string[]) => Reply;

function expire(unitMs: number, absolute: boolean): Run {
  return (keys, [key = '', amount, ...options]) => {
    const expiresAt = integer(amount) * unitMs + (absolute ? 0 : keys.now);
    const before = keys.expiresAt(key);
    if (before === undefined) return 0;
    for (const option of options) {
      switch (option.toUpperCase()) {
        case 'NX':
          if (before !== Infinity) return 0;
          break;
        case 'XX':
          if (before === Infinity) return 0;
          break;
        case 'GT':
          if (expiresAt <= before) return 0;
          break;
        case 'LT':
          if (expiresAt >= before) return 0;
          break;
        default:
          throw new RedisError(`ERR Unsupported option ${option}`);
      }
    }
    keys.expire(key, expiresAt);
    return 1;
  };
}

/** -2: no such key; -1: no expiry. */
function remaining(of: (expiresAt: number, now: number) => number): Run {
  return (keys, [key = '']) => {
    const expiresAt = keys.expiresAt(key);
    if (expiresAt === undefined) return -2;
    return expiresAt === Infinity ? -1 : of(expiresAt, keys.now);
  };
}

const count = (names: readonly string[], act: (key: string) => boolean): number =>
  names.filter((key) => act(key)).length;

function typeName(keys: Keyspace, key: string): string {
  const value = keys.value(key);
  if (value === undefined) return 'none';
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return 'list';
  if (value instanceof SortedSet) return 'zset';
  return value instanceof Map ? 'hash' : 'set';
}

/** Redis's glob: `*`, `?`, `[a-z]`, and a backslash before what is meant literally. */
export function globOf(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index] ?? '';
    if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else if (char === '[') {
      const end = pattern.indexOf(']', index);
      source += end < 0 ? '\\[' : pattern.slice(index, end + 1);
      if (end >= 0) index = end;
    } else source += (char === '\\' ? (pattern[++index] ?? '\\') : char).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}

function rename(keys: Keyspace, from: string, to: string): void {
  const value = keys.value(from);
  const expiresAt = keys.expiresAt(from);
  if (value === undefined || expiresAt === undefined) throw new RedisError('ERR no such key');
  keys.delete(from);
  keys.set(to, value);
  if (expiresAt !== Infinity) keys.expire(to, expiresAt);
}

function scan(keys: Keyspace, args: readonly string[]): Reply {
  const options = new Map<string, string>();
  for (let index = 1; index < args.length; index += 2) {
    const [name = '', value] = args.slice(index);
    if (value === undefined) throw new RedisError(SYNTAX);
    options.set(name.toUpperCase(), value);
  }
  const glob = globOf(options.get('MATCH') ?? '*');
  const type = options.get('TYPE');
  const found = keys.keys().filter((key) => glob.test(key) && (type === undefined || typeName(keys, key) === type));
  return ['0', found];
}

export const generic: CommandTable = {
  DEL: { arity: -2, run: (keys, names) => count(names, (key) => keys.delete(key)) },
  UNLINK: { arity: -2, run: (keys, names) => count(names, (key) => keys.delete(key)) },
  EXISTS: { arity: -2, run: (keys, names) => count(names, (key) => keys.has(key)) },
  TOUCH: { arity: -2, run: (keys, names) => count(names, (key) => keys.has(key)) },
  TYPE: { arity: 2, run: (keys, [key = '']) => new Status(typeName(keys, key)) },
  EXPIRE: { arity: -3, run: expire(1000, false) },
  PEXPIRE: { arity: -3, run: expire(1, false) },
  EXPIREAT: { arity: -3, run: expire(1000, true) },
  PEXPIREAT: { arity: -3, run: expire(1, true) },
  TTL: { arity: 2, run: remaining((expiresAt, now) => Math.floor((expiresAt - now + 500) / 1000)) },
  PTTL: { arity: 2, run: remaining((expiresAt, now) => expiresAt - now) },
  EXPIRETIME: { arity: 2, run: remaining((expiresAt) => Math.floor(expiresAt / 1000)) },
  PEXPIRETIME: { arity: 2, run: remaining((expiresAt) => expiresAt) },
  PERSIST: {
    arity: 2,
    run: (keys, [key = '']) => {
      if ((keys.expiresAt(key) ?? Infinity) === Infinity) return 0;
      keys.expire(key, Infinity);
      return 1;
    },
  },
  RENAME: {
    arity: 3,
    run: (keys, [from = '', to = '']) => {
      rename(keys, from, to);
      return OK;
    },
  },
  KEYS: { arity: 2, run: (keys, [pattern = '']) => keys.keys().filter((key) => globOf(pattern).test(key)) },
  SCAN: { arity: -2, run: scan },
  // Of a script: a connection answers its own.
  SELECT: {
    arity: 2,
    run: (_, [index]) => {
      if (index !== '0') throw new RedisError('ERR DB index is out of range');
      return OK;
    },
  },
  DBSIZE: { arity: 1, run: (keys) => keys.size },
  FLUSHALL: {
    arity: -1,
    run: (keys) => {
      keys.clear();
      return OK;
    },
  },
  FLUSHDB: {
    arity: -1,
    run: (keys) => {
      keys.clear();
      return OK;
    },
  },
};
