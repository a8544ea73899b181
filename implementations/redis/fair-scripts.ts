/**
 * The scripts of the fair lock. KEYS of all: 1 lock (the holder's token, with its expiry), 2 fence, 3 queue (a sorted set:
 * token by place), 4 waiters (a hash: token → `n lease liveUntil inbox`), 5 gone (the tombstone of the token at hand).
 *
 * Places are counted up from the last one, not taken from a clock; the server's time only says who has not been heard of
 * for too long.
 */
import { NEXT_FENCE, NOW, Script } from './scripts.ts';
import type { RedisClient } from './client.ts';

/** One script may drop so many dead waiters; the next one goes on. */
const MOST_POPS = 100;

export const FAIR_COMMON = `${NEXT_FENCE}${NOW}
local call, pcall = redis.call, redis.pcall
local LOCK, FENCE, QUEUE, WAITERS, GONE = unpack(KEYS)

-- Makes the token the holder and answers its fence; nil when the server cannot store it.
local function grant(token, lease)
  local set = pcall('SET', LOCK, token, 'PX', lease)
  if set.err then return nil, set end
  local fence = nextFence(FENCE)
  if type(fence) ~= 'number' then
    call('DEL', LOCK)
    return nil, fence
  end
  return string.format('%.0f', fence)
end

-- The lock is free: hands it to the first in the queue who is alive, and tells that one. Answers its token and fence.
local function pump()
  local now
  for _ = 1, ${MOST_POPS} do
    local token = call('ZRANGE', QUEUE, 0, 0)[1]
    if not token then return nil end
    local n, lease, liveUntil, inbox = string.match(call('HGET', WAITERS, token) or '', '^(%d+) (%d+) (%d+) (.*)$')
    now = now or serverNow()
    local fence
    if n and tonumber(liveUntil) >= now then
      fence = grant(token, lease)
      -- It stays in its place, and asks again.
      if not fence then return nil end
    end
    call('ZREM', QUEUE, token)
    call('HDEL', WAITERS, token)
    if fence then
      pcall('PUBLISH', inbox, token .. ' ' .. n .. ' ' .. fence)
      return token, fence
    end
  end
end
`;

/**
 * ARGV token, n (its n-th request), lease in ms, for how long it counts as alive in ms, inbox, and 1 to queue if it is
 * not granted. Answers {1, fence} when the token holds the lock; {0, remaining ms of the holder's lease, how many are
 * before it} when it does not; {-1} when it is not queued although it was, or was withdrawn.
 *
 * Only the first request of a token puts it into the queue, so that a late copy of a later one brings nobody back. A
 * repeated one keeps its place.
 */
const ASK = `${FAIR_COMMON}
local token, n, lease, alive, inbox, queue = unpack(ARGV)
local holder = call('GET', LOCK)
if holder == token then
  local fence = call('GET', FENCE)
  if fence then
    call('PEXPIRE', LOCK, lease)
    return {1, fence}
  end
  call('DEL', LOCK)
  pump()
  return {-1}
end
local waiting = queue == '1' and call('HEXISTS', WAITERS, token) == 1
if waiting then
  call('HSET', WAITERS, token, n .. ' ' .. lease .. ' ' .. string.format('%.0f', serverNow() + alive) .. ' ' .. inbox)
elseif queue == '1' and call('EXISTS', GONE) == 1 then
  return {-1}
end
if not holder then
  local first, fence = pump()
  if first == token then return {1, fence} end
  holder = first
end
if not waiting and queue == '1' and n ~= '1' then return {-1} end
if not holder and call('ZCARD', QUEUE) == 0 then
  local fence, failure = grant(token, lease)
  if not fence then return failure end
  return {1, fence}
end
local before
if queue ~= '1' then
  before = call('ZCARD', QUEUE)
elseif waiting then
  before = call('ZRANK', QUEUE, token)
else
  local last = call('ZRANGE', QUEUE, -1, -1, 'WITHSCORES')
  call('ZADD', QUEUE, (tonumber(last[2]) or 0) + 1, token)
  call('HSET', WAITERS, token, n .. ' ' .. lease .. ' ' .. string.format('%.0f', serverNow() + alive) .. ' ' .. inbox)
  before = call('ZCARD', QUEUE) - 1
end
if queue == '1' then
  -- Of a queue whose waiters have all died, nothing is left in the end.
  for _, key in ipairs({QUEUE, WAITERS}) do
    if call('PTTL', key) < tonumber(alive) then call('PEXPIRE', key, 2 * alive) end
  end
end
return {0, call('PTTL', LOCK), before}`;

/** ARGV token, lease in ms. 1 when extended, 0 when the token does not, or no longer, hold the lock. */
const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/**
 * ARGV token, fencing token. 1 when this very grant was in force, -1 when it was another of the same token, 0 when it was
 * not the token's. Hands the lock to the next in the queue.
 */
const RELEASE = `${FAIR_COMMON}
local holder = call('GET', LOCK)
if holder ~= ARGV[1] then
  if not holder then pump() end
  return 0
end
local fence = call('GET', FENCE)
call('DEL', LOCK)
pump()
if fence and fence ~= ARGV[2] then return -1 end
return 1`;

/**
 * ARGV token, how long a tombstone is kept in ms. Takes the token out of the queue and the lock from it, whichever it
 * has; one that has neither may be still on its way and finds a tombstone when it arrives.
 */
const WITHDRAW = `${FAIR_COMMON}
local token = ARGV[1]
local holder = call('GET', LOCK)
local had = call('ZREM', QUEUE, token)
call('HDEL', WAITERS, token)
if holder == token then
  call('DEL', LOCK)
  holder, had = nil, 1
end
if had == 0 then call('SET', GONE, '', 'PX', ARGV[2]) end
if not holder then pump() end
return 1`;

export interface FairScripts {
  readonly ask: Script;
  readonly extend: Script;
  readonly release: Script;
  readonly withdraw: Script;
}

export function fairScripts(client: RedisClient): FairScripts {
  return {
    ask: new Script(client, ASK),
    extend: new Script(client, EXTEND),
    release: new Script(client, RELEASE),
    withdraw: new Script(client, WITHDRAW),
  };
}
