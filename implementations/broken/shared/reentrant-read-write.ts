/** Scripts of a lock that claims sharing and re-entry at once; how it is released is its users' own. */

/**
 * KEYS lock: a hash of its mode, its first owner, and a field for each token with the mode of that lease; ARGV token, lease in
 * ms, owner or '', mode. 1 when taken.
 */
export const TAKE = `
local mode, owner = redis.call('HGET', KEYS[1], 'mode'), redis.call('HGET', KEYS[1], 'owner')
local own = ARGV[3] ~= '' and owner == ARGV[3]
if mode and not (own and mode == 'w') and not (ARGV[4] == 'r' and mode == 'r') then return 0 end
if not mode then redis.call('HSET', KEYS[1], 'mode', ARGV[4], 'owner', ARGV[3]) end
redis.call('HSET', KEYS[1], 't:' .. ARGV[1], ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`;

/** KEYS lock; ARGV token, lease in ms. 1 when extended. */
export const EXTEND = `
if redis.call('HEXISTS', KEYS[1], 't:' .. ARGV[1]) == 0 then return 0 end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`;
