/** Commands on strings and counters. */
import { integer, float, SYNTAX, word, type CommandTable } from './command.ts';
import type { Keyspace } from './keyspace.ts';
import { formatDouble, OK, RedisError, type Reply } from './reply.ts';

/** Milliseconds of the wall clock that `EX 10`, `PXAT …` and so on name. */
function expiryOf(keys: Keyspace, option: string, value: string | undefined, command: string): number {
  const amount = integer(value);
  const invalid = `ERR invalid expire time in '${command}' command`;
  if (amount <= 0) throw new RedisError(invalid);
  const ms = option.startsWith('EX') ? amount * 1000 : amount;
  return option.endsWith('AT') ? ms : keys.now + ms;
}

const EXPIRY_OPTIONS = ['EX', 'PX', 'EXAT', 'PXAT'];

function set(keys: Keyspace, args: readonly string[]): Reply {
  const [key = '', value = ''] = args;
  let condition: 'NX' | 'XX' | undefined;
  let keep = false;
  let returns = false;
  let expiresAt: number | undefined;
  for (let index = 2; index < args.length; index += 1) {
    const option = word(args, index).toUpperCase();
    if ((option === 'NX' || option === 'XX') && condition === undefined) condition = option;
    else if (option === 'GET') returns = true;
    else if (option === 'KEEPTTL' && expiresAt === undefined) keep = true;
    else if (EXPIRY_OPTIONS.includes(option) && expiresAt === undefined && !keep) {
      expiresAt = expiryOf(keys, option, args[++index], 'set');
    } else throw new RedisError(SYNTAX);
  }
  const before = returns ? (keys.string(key) ?? null) : null;
  const refused = condition !== undefined && keys.has(key) !== (condition === 'XX');
  if (!refused) {
    keys.set(key, value, keep);
    if (expiresAt !== undefined) keys.expire(key, expiresAt);
  }
  if (returns) return before;
  return refused ? null : OK;
}

function add(keys: Keyspace, key: string, amount: number): number {
  const sum = integer(keys.string(key) ?? '0') + amount;
  if (!Number.isSafeInteger(sum)) throw new RedisError('ERR increment or decrement would overflow');
  keys.set(key, String(sum), true);
  return sum;
}

function setFor(command: string, unitMs: number): (keys: Keyspace, args: readonly string[]) => Reply {
  return (keys, [key = '', amount, value = '']) => {
    const expiresAt = expiryOf(keys, 'PX', amount, command);
    keys.set(key, value);
    keys.expire(key, keys.now + (expiresAt - keys.now) * unitMs);
    return OK;
  };
}

function getAndExpire(keys: Keyspace, [key = '', option, amount]: readonly string[]): Reply {
  const value = keys.string(key) ?? null;
  const name = option?.toUpperCase();
  if (name === undefined || value === null) return value;
  if (name === 'PERSIST') keys.expire(key, Infinity);
  else if (EXPIRY_OPTIONS.includes(name)) keys.expire(key, expiryOf(keys, name, amount, 'getex'));
  else throw new RedisError(SYNTAX);
  return value;
}

function setMany(keys: Keyspace, args: readonly string[], command: string): void {
  if (args.length % 2 !== 0) throw new RedisError(`ERR wrong number of arguments for '${command}' command`);
  for (let index = 0; index < args.length; index += 2) keys.set(args[index] ?? '', args[index + 1] ?? '');
}

export const strings: CommandTable = {
  GET: { arity: 2, run: (keys, [key = '']) => keys.string(key) ?? null },
  SET: { arity: -3, run: set },
  SETNX: {
    arity: 3,
    run: (keys, [key = '', value = '']) => {
      if (keys.has(key)) return 0;
      keys.set(key, value);
      return 1;
    },
  },
  SETEX: { arity: 4, run: setFor('setex', 1000) },
  PSETEX: { arity: 4, run: setFor('psetex', 1) },
  GETSET: {
    arity: 3,
    run: (keys, [key = '', value = '']) => {
      const before = keys.string(key) ?? null;
      keys.set(key, value);
      return before;
    },
  },
  GETDEL: {
    arity: 2,
    run: (keys, [key = '']) => {
      const value = keys.string(key) ?? null;
      keys.delete(key);
      return value;
    },
  },
  GETEX: { arity: -2, run: getAndExpire },
  MGET: {
    arity: -2,
    run: (keys, names) => names.map((key) => (typeof keys.value(key) === 'string' ? (keys.string(key) ?? null) : null)),
  },
  MSET: {
    arity: -3,
    run: (keys, args) => {
      setMany(keys, args, 'mset');
      return OK;
    },
  },
  MSETNX: {
    arity: -3,
    run: (keys, args) => {
      if (args.some((key, index) => index % 2 === 0 && keys.has(key))) return 0;
      setMany(keys, args, 'msetnx');
      return 1;
    },
  },
  INCR: { arity: 2, run: (keys, [key = '']) => add(keys, key, 1) },
  DECR: { arity: 2, run: (keys, [key = '']) => add(keys, key, -1) },
  INCRBY: { arity: 3, run: (keys, [key = '', amount]) => add(keys, key, integer(amount)) },
  DECRBY: { arity: 3, run: (keys, [key = '', amount]) => add(keys, key, -integer(amount)) },
  INCRBYFLOAT: {
    arity: 3,
    run: (keys, [key = '', amount]) => {
      const sum = formatDouble(float(keys.string(key) ?? '0') + float(amount));
      keys.set(key, sum, true);
      return sum;
    },
  },
  APPEND: {
    arity: 3,
    run: (keys, [key = '', value = '']) => {
      const whole = (keys.string(key) ?? '') + value;
      keys.set(key, whole, true);
      return whole.length;
    },
  },
  STRLEN: { arity: 2, run: (keys, [key = '']) => keys.string(key)?.length ?? 0 },
};
