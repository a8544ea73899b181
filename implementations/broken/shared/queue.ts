/** A queue as documents have it, for the specimens that make a mistake in it: waiters poll, and the first one takes the lock. */
import type { Claims } from '../../claims.ts';
import { Script, NEXT_FENCE, NOW } from '../../redis/scripts.ts';
import { RedisBackend } from '../../redis/basic.ts';
import { claims as basicClaims } from '../../redis/modules/basic.ts';
import type { RedisLockOptions } from '../../redis/basic.ts';
import type { Answer, LeaseRequest } from '../../lease/backend.ts';
import type { QueueAnswer, QueueBackend } from '../../lease/turn.ts';
import { commandsOf } from './commands.ts';

/** How often a waiter looks whether it is its turn. */
const POLL_MS = 20;

/**
 * KEYS lock, fence, queue, seen; ARGV token, lease, place or '', for how long a silent waiter keeps its place or ''.
 * Answers the fence when granted, else 0.
 */
const ASK = `${NEXT_FENCE}${NOW}
local call = redis.call
local token, place, alive = ARGV[1], ARGV[3], ARGV[4]
if not call('ZSCORE', KEYS[3], token) then
  local last = call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
  if place == '' then place = (tonumber(last[2]) or 0) + 1 end
  call('ZADD', KEYS[3], place, token)
end
if alive ~= '' then
  local now = serverNow()
  call('HSET', KEYS[4], token, string.format('%.0f', now + alive))
  for _, waiter in ipairs(call('ZRANGE', KEYS[3], 0, -1)) do
    if tonumber(call('HGET', KEYS[4], waiter) or 0) < now then
      call('ZREM', KEYS[3], waiter)
      call('HDEL', KEYS[4], waiter)
    end
  end
end
if call('ZRANGE', KEYS[3], 0, 0)[1] ~= token then return 0 end
if not call('SET', KEYS[1], token, 'NX', 'PX', ARGV[2]) then return 0 end
call('ZREM', KEYS[3], token)
call('HDEL', KEYS[4], token)
return nextFence(KEYS[2])`;

interface Mistakes {
  /** The score of a waiter; default: behind the last one. */
  readonly place?: () => number;
  /** A waiter that has died keeps its place. */
  readonly keepsTheDead?: boolean;
}

export class DocumentQueue extends RedisBackend implements QueueBackend {
  readonly #ask: Script;
  readonly #mistakes: Mistakes;

  constructor(options: RedisLockOptions, mistakes: Mistakes) {
    super(options);
    this.#ask = new Script(options.client, ASK);
    this.#mistakes = mistakes;
  }

  async ask(request: LeaseRequest, n: number): Promise<QueueAnswer> {
    const answer = await this.attempt(request);
    if (answer.kind === 'granted') return { kind: 'granted', n, fencingToken: answer.fencingToken ?? 0n };
    return { kind: 'queued', retryAfterMs: POLL_MS };
  }

  listen(): () => void {
    return () => undefined;
  }

  override attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    const { place, keepsTheDead } = this.#mistakes;
    const lockKey = this.node.lockKey(key);
    const keys = [lockKey, this.node.fenceKey(key), `${lockKey}:queue`, `${lockKey}:seen`];
    const args = [token, leaseMs, place?.() ?? '', keepsTheDead === true ? '' : leaseMs];
    const read = (reply: unknown): Answer =>
      Number(reply) > 0 ? { kind: 'granted', fencingToken: BigInt(Number(reply)) } : { kind: 'busy' };
    return this.node.runScript(this.#ask, read, keys.length, ...keys, ...args);
  }

  override async undo(request: LeaseRequest): Promise<void> {
    const lockKey = this.node.lockKey(request.key);
    await this.node.run(() => commandsOf(this.node).zrem(`${lockKey}:queue`, request.token));
    await super.undo(request);
  }
}

export const fairClaims: Claims = {
  ...basicClaims,
  fairness: basicClaims.exclusion,
};
