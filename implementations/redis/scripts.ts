/** The scripts of the Redis locks: each makes one decision atomically, in a handful of commands. */
import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

/** Called with the number of keys, the keys, and the arguments. */
export type Script = (keyCount: number, ...keysAndArguments: readonly (string | number)[]) => Promise<unknown>;

/**
 * KEYS lock, fence; ARGV token, lease in ms, lifetime of the fence in ms. Answers the fencing token as a string when
 * granted, else the remaining time of the holder's lease as a number.
 *
 * The fence is the server's time in microseconds, or one more than the last one where the clock lags behind: so it stays
 * ahead also after the data were lost. (Lua's doubles are exact to 2^53, microseconds since 1970 need 51 bits.) The fence
 * is written before the lock: whatever fails, no lock is taken without one.
 */
const ACQUIRE_FENCED = `
local holder = redis.call('GET', KEYS[1])
local last = redis.call('GET', KEYS[2])
if holder == ARGV[1] and last then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return last
end
if holder and holder ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) end
local time = redis.call('TIME')
local fence = time[1] * 1000000 + time[2]
if last and tonumber(last) >= fence then fence = tonumber(last) + 1 end
fence = string.format('%.0f', fence)
redis.call('SET', KEYS[2], fence, 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence`;

/** KEYS lock; ARGV token, lease in ms. Answers 'OK' when granted, else the remaining time of the holder's lease. */
const ACQUIRE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'OK'`;

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
if KEYS[2] and redis.call('GET', KEYS[2]) ~= ARGV[3] then return -1 end
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
