/**
 * The scripts of the read-write lock. KEYS of all: 1 lock (the writer: `token|fence|owner`, with its expiry), 2 readers
 * (a sorted set: token by its own deadline), 3 leases of readers (a hash: token → `fence|owner`), 4 intent (the token of
 * a writer that waits), 5 fence. Times are the server's, in milliseconds.
 */
import { NEXT_FENCE, NOW, Script } from './scripts.ts';
import type { RedisClient } from './client.ts';

/**
 * For how long the word of a writer keeps readers out, and how often a writer that waits repeats it. Short, for nobody
 * takes back the word of a writer that crashed, nor that of one whose word was spent by another's grant.
 */
const INTENT_MS = 500;
const REPEAT_MS = 150;

const COMMON = `${NEXT_FENCE}${NOW}
local call = redis.call
local LOCK, READERS, LEASES, INTENT, FENCE = unpack(KEYS)

-- Token, fence and owner of a lease. A token is without bars; an owner may have some.
local function parts(lease)
  return string.match(lease, '^([^|]*)|([^|]*)|(.*)$')
end

-- Readers whose own deadline has passed are gone, whoever else reads.
local function endLapsed(now)
  for _, token in ipairs(call('ZRANGEBYSCORE', READERS, '-inf', now)) do
    call('ZREM', READERS, token)
    call('HDEL', LEASES, token)
  end
end

local function reads(owner)
  if owner == '' then return false end
  for _, lease in ipairs(call('HVALS', LEASES)) do
    local _, _, reader = parts('|' .. lease)
    if reader == owner then return true end
  end
  return false
end

local function keepReader(token, now, lease)
  call('ZADD', READERS, string.format('%.0f', now + lease), token)
  for _, key in ipairs({READERS, LEASES}) do
    call('PEXPIRE', key, math.max(call('PTTL', key), lease))
  end
end
`;

/**
 * ARGV token, lease in ms, owner or ''. Answers the fencing token when granted, else -2 - the time after which it may be
 * worth asking again. An owner that writes may read as well (a downgrade, if it then gives the writing up); one that
 * reads already is not kept out by a waiting writer, who waits for it.
 */
const ACQUIRE_SHARED = `${COMMON}
local token, lease, owner = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now = serverNow()
endLapsed(now)
local mine = call('HGET', LEASES, token)
if mine then
  keepReader(token, now, lease)
  local _, fence = parts('|' .. mine)
  return tonumber(fence)
end
local writer = call('GET', LOCK)
if writer then
  local _, _, holder = parts(writer)
  if owner == '' or holder ~= owner then return -2 - call('PTTL', LOCK) end
elseif call('EXISTS', INTENT) == 1 and not reads(owner) then
  return -2 - call('PTTL', INTENT)
end
local fence = nextFence(FENCE)
if type(fence) ~= 'number' then return fence end
call('HSET', LEASES, token, string.format('%.0f', fence) .. '|' .. owner)
keepReader(token, now, lease)
return fence`;

/**
 * The same for a writer; 0 when the owner reads, and so would wait for itself. A writer that finds readers leaves word, so
 * that no new ones come; the word is spent with the next writer's grant, after which readers have a chance as well.
 */
const ACQUIRE_EXCLUSIVE = `${COMMON}
local token, lease, owner = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now = serverNow()
local writer = call('GET', LOCK)
if writer then
  local holder, fence = parts(writer)
  if holder ~= token then return -2 - call('PTTL', LOCK) end
  call('PEXPIRE', LOCK, lease)
  return tonumber(fence)
end
endLapsed(now)
if call('ZCARD', READERS) > 0 then
  if reads(owner) then return 0 end
  call('SET', INTENT, token, 'PX', ${INTENT_MS})
  local last = call('ZRANGE', READERS, -1, -1, 'WITHSCORES')
  return -2 - math.max(0, math.min(tonumber(last[2]) - now, ${REPEAT_MS}))
end
local fence = nextFence(FENCE)
if type(fence) ~= 'number' then return fence end
call('SET', LOCK, token .. '|' .. string.format('%.0f', fence) .. '|' .. owner, 'PX', lease)
-- What is left of readers has lapsed, perhaps unseen: a clock that is set back would make it valid again.
call('DEL', READERS, LEASES, INTENT)
return fence`;

/** ARGV token, lease in ms. 1 when extended, 0 when the lease is not, or no longer, in force. */
const EXTEND = `${COMMON}
local token, lease = ARGV[1], tonumber(ARGV[2])
local writer = call('GET', LOCK)
if writer and parts(writer) == token then return call('PEXPIRE', LOCK, lease) end
local now = serverNow()
endLapsed(now)
if call('HEXISTS', LEASES, token) == 0 then return 0 end
keepReader(token, now, lease)
return 1`;

/**
 * ARGV token, channel, fencing token or ''. 1 when this very grant was in force, -1 when it was another of the same
 * token, 0 when it was not the token's. Waiters are told when nobody holds it any more, and readers when a writer that
 * also reads has given the writing up.
 */
const RELEASE = `${COMMON}
local token, channel, named = ARGV[1], ARGV[2], ARGV[3]
endLapsed(serverNow())
local writer = call('GET', LOCK)
local fence
if writer then
  local holder, issued = parts(writer)
  if holder == token then
    fence = issued
    call('DEL', LOCK)
    redis.pcall('PUBLISH', channel, '')
  end
end
local mine = fence == nil and call('HGET', LEASES, token)
if mine then
  local _, issued = parts('|' .. mine)
  fence = issued
  call('ZREM', READERS, token)
  call('HDEL', LEASES, token)
  if not writer and call('ZCARD', READERS) == 0 then redis.pcall('PUBLISH', channel, '') end
end
if call('GET', INTENT) == token then
  call('DEL', INTENT)
  redis.pcall('PUBLISH', channel, '')
end
if fence == nil then return 0 end
if named ~= '' and named ~= fence then return -1 end
return 1`;

export interface ReadWriteScripts {
  readonly acquireShared: Script;
  readonly acquireExclusive: Script;
  readonly extend: Script;
  readonly release: Script;
}

export function readWriteScripts(client: RedisClient): ReadWriteScripts {
  return {
    acquireShared: new Script(client, ACQUIRE_SHARED),
    acquireExclusive: new Script(client, ACQUIRE_EXCLUSIVE),
    extend: new Script(client, EXTEND),
    release: new Script(client, RELEASE),
  };
}
