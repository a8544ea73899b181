/** Commands on hashes, lists and sets. */
import { integer, rangeOf, type CommandTable } from './command.ts';
import type { Keyspace } from './keyspace.ts';
import { MapReply, OK, RedisError, SetReply, type Reply } from './reply.ts';

type Run = (keys: Keyspace, args: readonly string[]) => Reply;

function setFields(keys: Keyspace, [key = '', ...pairs]: readonly string[], command: string): number {
  if (pairs.length % 2 !== 0) throw new RedisError(`ERR wrong number of arguments for '${command}' command`);
  const hash = keys.hash(key) ?? new Map<string, string>();
  const before = hash.size;
  for (let index = 0; index < pairs.length; index += 2) hash.set(pairs[index] ?? '', pairs[index + 1] ?? '');
  if (keys.has(key)) keys.changed(key);
  else keys.set(key, hash);
  return hash.size - before;
}

function incrementField(keys: Keyspace, [key = '', field = '', amount]: readonly string[]): number {
  const by = integer(amount);
  const sum = integer(keys.hash(key)?.get(field) ?? '0', 'ERR hash value is not an integer') + by;
  setFields(keys, [key, field, String(sum)], 'hincrby');
  return sum;
}

const hashes: CommandTable = {
  HSET: { arity: -4, run: (keys, args) => setFields(keys, args, 'hset') },
  HMSET: {
    arity: -4,
    run: (keys, args) => {
      setFields(keys, args, 'hmset');
      return OK;
    },
  },
  HSETNX: {
    arity: 4,
    run: (keys, args) => (keys.hash(args[0] ?? '')?.has(args[1] ?? '') ? 0 : setFields(keys, args, 'hsetnx')),
  },
  HGET: { arity: 3, run: (keys, [key = '', field = '']) => keys.hash(key)?.get(field) ?? null },
  HMGET: {
    arity: -3,
    run: (keys, [key = '', ...fields]) => fields.map((field) => keys.hash(key)?.get(field) ?? null),
  },
  HGETALL: { arity: 2, run: (keys, [key = '']) => new MapReply([...(keys.hash(key) ?? [])]) },
  HDEL: {
    arity: -3,
    run: (keys, [key = '', ...fields]) => {
      const hash = keys.hash(key);
      const deleted = fields.filter((field) => hash?.delete(field)).length;
      if (deleted > 0) keys.changed(key);
      return deleted;
    },
  },
  HEXISTS: { arity: 3, run: (keys, [key = '', field = '']) => Number(keys.hash(key)?.has(field) ?? false) },
  HLEN: { arity: 2, run: (keys, [key = '']) => keys.hash(key)?.size ?? 0 },
  HKEYS: { arity: 2, run: (keys, [key = '']) => [...(keys.hash(key)?.keys() ?? [])] },
  HVALS: { arity: 2, run: (keys, [key = '']) => [...(keys.hash(key)?.values() ?? [])] },
  HINCRBY: { arity: 4, run: incrementField },
};

function push(place: 'front' | 'back', onlyIfThere: boolean): Run {
  return (keys, [key = '', ...values]) => {
    const there = keys.list(key);
    if (there === undefined && onlyIfThere) return 0;
    const list = there ?? [];
    for (const value of values) {
      if (place === 'front') list.unshift(value);
      else list.push(value);
    }
    if (there === undefined) keys.set(key, list);
    else keys.changed(key);
    return list.length;
  };
}

function pop(place: 'front' | 'back'): Run {
  return (keys, [key = '', many]) => {
    const wanted = many === undefined ? 1 : integer(many, 'ERR value is out of range, must be positive');
    const list = keys.list(key);
    if (list === undefined) return null;
    const taken: string[] = [];
    while (taken.length < wanted) {
      const value = place === 'front' ? list.shift() : list.pop();
      if (value === undefined) break;
      taken.push(value);
    }
    keys.changed(key);
    return many === undefined ? (taken[0] ?? null) : taken;
  };
}

/** `count` > 0: so many from the front; < 0: from the back; 0: all. */
function removeFromList(keys: Keyspace, [key = '', count, value = '']: readonly string[]): number {
  const most = integer(count);
  const list = keys.list(key);
  if (list === undefined) return 0;
  let removed = 0;
  const limit = most === 0 ? Infinity : Math.abs(most);
  for (let step = 0, index = most < 0 ? list.length - 1 : 0; step < list.length + removed; step += 1) {
    if (index < 0 || index >= list.length || removed >= limit) break;
    if (list[index] === value) {
      list.splice(index, 1);
      removed += 1;
      if (most < 0) index -= 1;
    } else index += most < 0 ? -1 : 1;
  }
  if (removed > 0) keys.changed(key);
  return removed;
}

const lists: CommandTable = {
  LPUSH: { arity: -3, run: push('front', false) },
  RPUSH: { arity: -3, run: push('back', false) },
  LPUSHX: { arity: -3, run: push('front', true) },
  RPUSHX: { arity: -3, run: push('back', true) },
  LPOP: { arity: -2, run: pop('front') },
  RPOP: { arity: -2, run: pop('back') },
  LLEN: { arity: 2, run: (keys, [key = '']) => keys.list(key)?.length ?? 0 },
  LINDEX: {
    arity: 3,
    run: (keys, [key = '', index]) => {
      const list = keys.list(key);
      return list?.at(integer(index)) ?? null;
    },
  },
  LRANGE: {
    arity: 4,
    run: (keys, [key = '', start = '', stop = '']) => {
      const range = rangeOf(start, stop);
      const list = keys.list(key) ?? [];
      return list.slice(...range(list.length));
    },
  },
  LREM: { arity: 4, run: removeFromList },
};

const sets: CommandTable = {
  SADD: {
    arity: -3,
    run: (keys, [key = '', ...members]) => {
      const set = keys.members(key) ?? new Set<string>();
      const before = set.size;
      for (const member of members) set.add(member);
      if (keys.has(key)) keys.changed(key);
      else keys.set(key, set);
      return set.size - before;
    },
  },
  SREM: {
    arity: -3,
    run: (keys, [key = '', ...members]) => {
      const set = keys.members(key);
      const removed = members.filter((member) => set?.delete(member)).length;
      if (removed > 0) keys.changed(key);
      return removed;
    },
  },
  SISMEMBER: { arity: 3, run: (keys, [key = '', member = '']) => Number(keys.members(key)?.has(member) ?? false) },
  SCARD: { arity: 2, run: (keys, [key = '']) => keys.members(key)?.size ?? 0 },
  SMEMBERS: { arity: 2, run: (keys, [key = '']) => new SetReply([...(keys.members(key) ?? [])]) },
};

export const collections: CommandTable = { ...hashes, ...lists, ...sets };
