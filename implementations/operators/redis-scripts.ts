/** The scripts of the operator on one Redis server. Each sees, or changes, all names of one lock at one moment. */
import { FAIR_COMMON } from '../redis/fair-scripts.ts';
import { NEXT_FENCE, NOW } from '../redis/scripts.ts';

/**
 * KEYS 1 lock, 2 fence, 3 queue, 4 readers, 5 leases, 6 intent. Answers the lock's value, its fields if it is a hash, its
 * expiry in ms, the fence, how many queue, readers with their deadlines, their leases, 1 if a writer waits, and the time.
 */
export const LOOK = `${NOW}
local call, pcall = redis.call, redis.pcall
local value, fields = pcall('GET', KEYS[1]), {}
if type(value) == 'table' then
  value, fields = false, call('HGETALL', KEYS[1])
end
return {value, fields, call('PTTL', KEYS[1]), call('GET', KEYS[2]), call('ZCARD', KEYS[3]),
  call('ZRANGE', KEYS[4], 0, -1, 'WITHSCORES'), call('HGETALL', KEYS[5]), call('EXISTS', KEYS[6]),
  string.format('%.0f', serverNow())}`;

/**
 * Of the basic and the fair lock. KEYS as of the fair lock's scripts; ARGV token, its fence or '', channel. Answers the
 * raised fence, or nothing if the grant has ended. Who queues is handed the lock as by a release.
 */
export const FREE_TOKEN = `${FAIR_COMMON}
if call('GET', LOCK) ~= ARGV[1] then return false end
if ARGV[2] ~= '' and call('GET', FENCE) ~= ARGV[2] then return false end
local raised = nextFence(FENCE)
if type(raised) ~= 'number' then return raised end
call('DEL', LOCK)
if call('ZCARD', QUEUE) > 0 then pump() else pcall('PUBLISH', ARGV[3], '') end
return string.format('%.0f', raised)`;

/** Of a lock without fences. KEYS lock; ARGV token, channel. 1 when it was the token's. */
export const FREE_UNFENCED = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[2], '')
return 1`;

/** Of the reentrant lock: with all leases of one stay of an owner. KEYS lock, fence; ARGV owner, fence, channel. */
export const FREE_OWNER = `${NEXT_FENCE}
local held = redis.call('HMGET', KEYS[1], 'owner', 'fence')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return false end
local raised = nextFence(KEYS[2])
if type(raised) ~= 'number' then return raised end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[3], '')
return string.format('%.0f', raised)`;

/** Of the read-write lock, its writer. KEYS lock, fence; ARGV the whole value, channel. */
export const FREE_WRITER = `${NEXT_FENCE}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local raised = nextFence(KEYS[2])
if type(raised) ~= 'number' then return raised end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[2], '')
return string.format('%.0f', raised)`;

/** Of the read-write lock, one reader. KEYS lock, fence, readers, leases; ARGV token, its lease, channel. */
export const FREE_READER = `${NEXT_FENCE}
local call = redis.call
if call('HGET', KEYS[4], ARGV[1]) ~= ARGV[2] then return false end
local raised = nextFence(KEYS[2])
if type(raised) ~= 'number' then return raised end
call('HDEL', KEYS[4], ARGV[1])
call('ZREM', KEYS[3], ARGV[1])
if call('ZCARD', KEYS[3]) == 0 and call('EXISTS', KEYS[1]) == 0 then redis.pcall('PUBLISH', ARGV[3], '') end
return string.format('%.0f', raised)`;

/** Removes a fence that nobody uses. KEYS lock, fence, queue, readers; ARGV the fence. 1 when it did. */
export const SWEEP_FENCE = `
local call = redis.call
if call('EXISTS', KEYS[1], KEYS[3], KEYS[4]) > 0 or call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
return call('DEL', KEYS[2])`;
