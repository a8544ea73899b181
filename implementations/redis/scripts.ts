/** The scripts of the Redis locks: each makes one decision atomically, in a handful of commands. */
import { createHash } from 'node:crypto';
import { Batch } from './batch.ts';
import { connectionsOf } from './connections.ts';
import type { RedisClient } from './client.ts';
import type { Connections } from './connections.ts';

/** How long the last fence is kept: until then, a lock that is not used any more costs one small key. */
export const FENCE_LIFETIME_MS = 7 * 24 * 3600 * 1000;

/**
 * The next fencing token of a key, or the error of the command that failed.
 *
 * Fences count up from the server's time in microseconds at the first grant. When the fence is gone, by expiry or with
 * all data, counting starts from the time that it is by then, which is ahead of anything that was counted before (fewer
 * than a grant per microsecond). As long as the fence is kept, no step of the clock matters. (Numbers in Lua are exact to
 * 2^53; microseconds since 1970 need 51 bits.)
 */
export const NEXT_FENCE = `
local function nextFence(key)
  local fence = redis.pcall('INCR', key)
  if fence == 1 then
    local time = redis.call('TIME')
    fence = time[1] * 1000000 + time[2]
    redis.call('SET', key, string.format('%.0f', fence), 'PX', ${FENCE_LIFETIME_MS})
  end
  return fence
end`;

/** The server's time in whole milliseconds, which is what its expiries go by. */
export const NOW = `
local function serverNow()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`;

/**
 * KEYS lock, fence; ARGV token, lease in ms. Answers the fencing token, a positive number, when granted; else -2 - the
 * remaining time of the holder's lease in ms (which is -1 for a key without expiry).
 */
export const ACQUIRE_FENCED = `${NEXT_FENCE}
local call = redis.call
local fence
if call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  fence = nextFence(KEYS[2])
  if type(fence) ~= 'number' then call('DEL', KEYS[1]) end
  return fence
end
if call('GET', KEYS[1]) ~= ARGV[1] then return -2 - call('PTTL', KEYS[1]) end
fence = call('GET', KEYS[2])
if fence then
  call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(fence)
end
call('DEL', KEYS[1])
return -2`;

/** KEYS lock; ARGV token, lease in ms. Answers 1 when granted, else as above. */
export const ACQUIRE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -2 - redis.call('PTTL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS lock; ARGV token, lease in ms. 1 when extended, 0 when it is not (or no longer) the token's. */
export const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * KEYS lock and, to be told whether it is the same grant still, fence; ARGV token, channel to wake waiters on (or ''),
 * fencing token. 1 when this very grant was in force, -1 when it was another of the same token (a late copy of its
 * request), 0 when it was not the token's.
 *
 * Here as in every script: a wake-up that the server refuses is no error. A user of Redis 7 has no channels unless somebody
 * gives it some, and its release has happened all the same.
 */
export const RELEASE = `
local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
call('DEL', KEYS[1])
if ARGV[2] ~= '' then redis.pcall('PUBLISH', ARGV[2], '') end
local fence = KEYS[2] and call('GET', KEYS[2])
if fence and fence ~= ARGV[3] then return -1 end
return 1`;

/** By text: every lock on every server has the same few. */
const digests = new Map<string, string>();

function digestOf(lua: string): string {
  let digest = digests.get(lua);
  if (digest === undefined) {
    digest = createHash('sha1').update(lua).digest('hex');
    digests.set(lua, digest);
  }
  return digest;
}

export class Script {
  readonly #batch: Batch;
  readonly #lua: string;
  readonly #digest: string;
  readonly #connections: Connections;
  /** The connection, by its number, that has been sent the whole script. */
  #knownTo = -1;

  constructor(client: RedisClient, lua: string) {
    this.#batch = Batch.of(client);
    this.#lua = lua;
    this.#digest = digestOf(lua);
    this.#connections = connectionsOf(client);
  }

  /** In whole on each new connection, so that no script has to be sent twice and overtaken by what follows it. */
  run(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown> {
    const connection = this.#connections.lost;
    if (this.#knownTo === connection) return this.#batch.run('evalsha', this.#digest, keyCount, keysAndArguments);
    this.#knownTo = connection;
    return this.#batch.run('eval', this.#lua, keyCount, keysAndArguments);
  }

  /** The server has said NOSCRIPT. */
  forget(): void {
    this.#knownTo = -1;
  }
}

export interface LockScripts {
  readonly acquireFenced: Script;
  readonly acquire: Script;
  readonly extend: Script;
  readonly release: Script;
}

export function lockScripts(client: RedisClient): LockScripts {
  return {
    acquireFenced: new Script(client, ACQUIRE_FENCED),
    acquire: new Script(client, ACQUIRE),
    extend: new Script(client, EXTEND),
    release: new Script(client, RELEASE),
  };
}
