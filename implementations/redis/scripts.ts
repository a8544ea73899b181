/** The scripts of the Redis locks: each makes one decision atomically, in a handful of commands. */
import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

/** Called with the number of keys, the keys, and the arguments. */
export type Script = (keyCount: number, ...keysAndArguments: readonly (string | number)[]) => Promise<unknown>;

/**
 * KEYS lock, fence; ARGV token, lease in ms, lifetime of the fence in ms. Answers the fencing token, a positive number,
 * when granted; else -2 - the remaining time of the holder's lease in ms (which is -1 for a key without expiry).
 *
 * Fences count up from the server's time in microseconds at the first grant. When the fence is gone, by expiry or with
 * all data, counting starts from the time that it is by then, which is ahead of anything that was counted before (fewer
 * than a grant per microsecond). With the fence, no step of the clock matters. (Numbers in Lua are exact to 2^53;
 * microseconds since 1970 need 51 bits.)
 */
const ACQUIRE_FENCED = `
local function nextFence()
  local fence = redis.pcall('INCR', KEYS[2])
  if fence ~= 1 then return fence end
  local time = redis.call('TIME')
  fence = time[1] * 1000000 + time[2]
  redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', ARGV[3])
  return fence
end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  local fence = nextFence()
  if type(fence) ~= 'number' then redis.call('DEL', KEYS[1]) end
  return fence
end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -2 - redis.call('PTTL', KEYS[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local fence = redis.call('GET', KEYS[2])
return fence and tonumber(fence) or nextFence()`;

/** KEYS lock; ARGV token, lease in ms. Answers 1 when granted, else as above. */
const ACQUIRE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -2 - redis.call('PTTL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS lock; ARGV token, lease in ms. 1 when extended, 0 when it is not (or no longer) the token's. */
const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * KEYS lock and, to be told whether it is the same grant still, fence; ARGV token, channel to wake waiters on (or ''),
 * fencing token. 1 when this very grant was in force, -1 when it was another of the same token (a late copy of its
 * request), 0 when it was not the token's.
 */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], '') end
local fence = KEYS[2] and redis.call('GET', KEYS[2])
if fence and fence ~= ARGV[3] then return -1 end
return 1`;

export interface LockScripts {
  readonly acquireFenced: Script;
  readonly acquire: Script;
  readonly extend: Script;
  readonly release: Script;
}

export function lockScripts(client: RedisClient): LockScripts {
  return {
    acquireFenced: defineScript(client, ACQUIRE_FENCED),
    acquire: defineScript(client, ACQUIRE),
    extend: defineScript(client, EXTEND),
    release: defineScript(client, RELEASE),
  };
}

/** Registers `lua` with the client once, under a name made of its digest: EVAL per connection once, then EVALSHA. */
export function defineScript(client: RedisClient, lua: string): Script {
  const name = `holdfast:${createHash('sha1').update(lua).digest('hex')}`;
  if (!(name in client)) client.defineCommand(name, { lua });
  const method: unknown = Reflect.get(client, name);
  if (typeof method !== 'function') throw new TypeError('this Redis client defines no commands');
  return (...keyCountKeysAndArguments) => Reflect.apply(method, client, keyCountKeysAndArguments);
}
