/**
 * Mistake: whoever writes may read as well, and giving up that reading deletes the whole lock, the writing too.
 * Source: https://github.com/redisson/redisson/issues/891
 * Must show: exclusion violated, without any fault, where an owner enters again in another mode.
 */
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { claims } from '../redis/modules/basic.ts';
import { extensionAnswer, ignoreReply } from '../redis/node.ts';
import { Script } from '../redis/scripts.ts';
import { EXTEND, TAKE } from './shared/reentrant-read-write.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

/** KEYS lock; ARGV token. The mistake: the last reader deletes the lock, although its owner writes. */
const RELEASE = `
local mode = redis.call('HGET', KEYS[1], 't:' .. ARGV[1])
if not mode then return 0 end
redis.call('HDEL', KEYS[1], 't:' .. ARGV[1])
local readers = 0
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do if value == 'r' then readers = readers + 1 end end
if redis.call('HGET', KEYS[1], 'mode') == 'r' then readers = readers - 1 end
if (mode == 'r' and readers <= 0) or redis.call('HLEN', KEYS[1]) <= 2 then redis.call('DEL', KEYS[1]) end
return 1`;

class ReadersDelete extends RedisBackend {
  override readonly shares = true;
  readonly #take = new Script(this.node.client, TAKE);
  readonly #extend = new Script(this.node.client, EXTEND);
  readonly #release = new Script(this.node.client, RELEASE);

  override attempt({ key, token, leaseMs, owner = '', mode }: LeaseRequest): Promise<Answer> {
    const read = (reply: unknown): Answer => (reply === 1 ? { kind: 'granted' } : { kind: 'busy' });
    const args = [token, leaseMs, owner, mode === 'shared' ? 'r' : 'w'];
    return this.node.runScript(this.#take, read, 1, this.node.lockKey(key), ...args);
  }

  override extend({ key, token, leaseMs }: Grant): ReturnType<LeaseBackend['extend']> {
    return this.node.runScript(this.#extend, extensionAnswer, 1, this.node.lockKey(key), token, leaseMs);
  }

  override free({ key, token }: Grant): ReturnType<LeaseBackend['free']> {
    const read = (reply: unknown): 'released' | 'lost' => (reply === 1 ? 'released' : 'lost');
    return this.node.runScript(this.#release, read, 1, this.node.lockKey(key), token);
  }

  override undo({ key, token }: LeaseRequest): Promise<void> {
    return this.node.runScript(this.#release, ignoreReply, 1, this.node.lockKey(key), token);
  }
}

const { fencing: _, ...unfenced } = claims;

export const lock: ReturnType<typeof redisSpecimen> = {
  ...redisSpecimen(
    {
      name: 'read-release-ends-write',
      specimen: {
        mistake: 'giving up a read within a write gives up the write',
        source: 'redisson/redisson#891',
        shows: [{ property: 'exclusion', hazards: ['none'] }],
      },
      claims: { ...unfenced, sharing: claims.exclusion, reentrancy: claims.exclusion },
    },
    (options) => new LeaseLock(new ReadersDelete(options), options),
  ),
  turns: { bypass: 1000 },
};
