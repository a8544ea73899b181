/**
 * The reentrant lock on one Redis server: the owner that holds it is granted it again at once, and others when the last
 * of the owner's leases has ended. Who the owner is, the caller says (`owner`); without that nobody is granted twice.
 *
 * A hash per lock: `owner`, `fence`, and per lease a field `+token` with its own deadline. A set of tokens counts what a
 * counter would, and a command that was sent again does not count twice. All leases of one stay of an owner have the
 * fencing token of that stay: with a higher one, the inner lease would shut the outer one out of the resource.
 */
import type { Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from './basic.ts';
import type { RedisLockOptions } from './basic.ts';
import { extensionAnswer, fencedAnswer, ignoreReply } from './node.ts';
import { NEXT_FENCE, NOW, Script } from './scripts.ts';

/**
 * KEYS lock, fence; ARGV token, lease in ms, owner. Answers as the basic script does. The key lives as long as the
 * longest lease in it.
 */
const ACQUIRE = `${NEXT_FENCE}${NOW}
local call = redis.call
local held = call('HMGET', KEYS[1], 'owner', 'fence')
local owner, fence = held[1], held[2]
if owner and owner ~= ARGV[3] then return -2 - call('PTTL', KEYS[1]) end
if not owner then
  fence = nextFence(KEYS[2])
  if type(fence) ~= 'number' then return fence end
  fence = string.format('%.0f', fence)
  call('HSET', KEYS[1], 'owner', ARGV[3], 'fence', fence)
end
call('HSET', KEYS[1], '+' .. ARGV[1], string.format('%.0f', serverNow() + ARGV[2]))
call('PEXPIRE', KEYS[1], math.max(call('PTTL', KEYS[1]), ARGV[2]))
return tonumber(fence)`;

/** KEYS lock; ARGV token, lease in ms. 1 when extended, 0 when the lease is not, or no longer, in force. */
const EXTEND = `${NOW}
local call = redis.call
local field, now = '+' .. ARGV[1], serverNow()
local deadline = call('HGET', KEYS[1], field)
if not deadline or tonumber(deadline) <= now then return 0 end
call('HSET', KEYS[1], field, string.format('%.0f', now + ARGV[2]))
return call('PEXPIRE', KEYS[1], math.max(call('PTTL', KEYS[1]), ARGV[2]))`;

/**
 * KEYS lock; ARGV token, channel, fencing token or ''. Answers as the basic script does. The lock is free when no lease
 * is left in it that is still in force.
 */
const RELEASE = `${NOW}
local call = redis.call
local now, latest, own = serverNow(), 0, nil
local entries = call('HGETALL', KEYS[1])
local fence
for i = 1, #entries, 2 do
  local field, value = entries[i], entries[i + 1]
  if field == 'fence' then fence = value end
  if field == '+' .. ARGV[1] then own = tonumber(value)
  elseif string.sub(field, 1, 1) == '+' then latest = math.max(latest, tonumber(value)) end
end
if not own then return 0 end
if latest > now then
  call('HDEL', KEYS[1], '+' .. ARGV[1])
  call('PEXPIRE', KEYS[1], latest - now)
else
  call('DEL', KEYS[1])
  redis.pcall('PUBLISH', ARGV[2], '')
end
if own <= now then return 0 end
if ARGV[3] ~= '' and ARGV[3] ~= fence then return -1 end
return 1`;

export class RedisReentrantBackend extends RedisBackend {
  readonly #acquire = new Script(this.node.client, ACQUIRE);
  readonly #extend = new Script(this.node.client, EXTEND);
  readonly #release = new Script(this.node.client, RELEASE);

  override attempt({ key, token, leaseMs, owner }: LeaseRequest): ReturnType<LeaseBackend['attempt']> {
    const keys = [this.node.lockKey(key), this.node.fenceKey(key)] as const;
    return this.node.runScript(this.#acquire, fencedAnswer, 2, ...keys, token, leaseMs, ownerOf(token, owner));
  }

  override extend({ key, token, leaseMs }: Grant): ReturnType<LeaseBackend['extend']> {
    return this.node.runScript(this.#extend, extensionAnswer, 1, this.node.lockKey(key), token, leaseMs);
  }

  override free({ key, token, fencingToken }: Grant): ReturnType<LeaseBackend['free']> {
    const fence = fencingToken === undefined ? '' : String(fencingToken);
    return this.node.runRelease(this.#release, 1, this.node.lockKey(key), token, this.node.channel(key), fence);
  }

  override undo({ key, token }: LeaseRequest): Promise<void> {
    return this.node.runScript(
      this.#release,
      ignoreReply,
      1,
      this.node.lockKey(key),
      token,
      this.node.channel(key),
      '',
    );
  }

  /** The token is that of any one of the owner's leases. */
  override async inspect(key: string): ReturnType<LeaseBackend['inspect']> {
    const { client } = this.node;
    const lockKey = this.node.lockKey(key);
    const [held, remainingMs] = await this.node.run(() => Promise.all([client.hgetall(lockKey), client.pttl(lockKey)]));
    const token = Object.keys(held).find((field) => field.startsWith('+'));
    if (token === undefined) return { key, held: false };
    const fence = held['fence'];
    return {
      ...{ key, held: true, token: token.slice(1) },
      ...(remainingMs >= 0 ? { remainingMs } : {}),
      ...(fence === undefined ? {} : { fencingToken: BigInt(fence) }),
    };
  }
}

/** The two kinds do not meet: nobody can name an owner that is the token of somebody who named none. */
function ownerOf(token: string, owner: string | undefined): string {
  return owner === undefined ? `token ${token}` : `owner ${owner}`;
}

export class RedisReentrantLock extends LeaseLock {
  constructor(options: RedisLockOptions) {
    super(new RedisReentrantBackend(options), options);
  }
}
