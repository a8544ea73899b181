/**
 * Mistake: the holder's record says when it was renewed, and whoever waits adds the length of its own lease to that. One with a
 * shorter lease than the holder takes the lock from it.
 * Source: https://github.com/kubernetes/kubernetes/issues/114872
 * Must show: exclusion violated, without any fault, where leases differ in length.
 */
import type { Answer, Grant, LeaseBackend, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { claims } from '../redis/modules/basic.ts';
import { extensionAnswer, ignoreReply } from '../redis/node.ts';
import { NOW, Script } from '../redis/scripts.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

/** Records outlast every lease. */
const KEPT_MS = 3_600_000;

/** KEYS record; ARGV token, lease in ms. 1 when taken. */
const TAKE = `${NOW}
local renewed = redis.call('HGET', KEYS[1], 'renewed')
if renewed and serverNow() < tonumber(renewed) + tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'renewed', string.format('%.0f', serverNow()))
redis.call('PEXPIRE', KEYS[1], ${KEPT_MS})
return 1`;

/** KEYS record; ARGV token. 1 when it is still this one's. */
const RENEW = `${NOW}
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'renewed', string.format('%.0f', serverNow()))
return 1`;

/** The same. */
const DROP = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

class JudgedByOneself extends RedisBackend {
  readonly #take = new Script(this.node.client, TAKE);
  readonly #renew = new Script(this.node.client, RENEW);
  readonly #drop = new Script(this.node.client, DROP);

  override attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    const read = (reply: unknown): Answer => (reply === 1 ? { kind: 'granted' } : { kind: 'busy' });
    return this.node.runScript(this.#take, read, 1, this.node.lockKey(key), token, leaseMs);
  }

  override extend({ key, token }: Grant): ReturnType<LeaseBackend['extend']> {
    return this.node.runScript(this.#renew, extensionAnswer, 1, this.node.lockKey(key), token);
  }

  override free({ key, token }: Grant): ReturnType<LeaseBackend['free']> {
    const read = (reply: unknown): 'released' | 'lost' => (reply === 1 ? 'released' : 'lost');
    return this.node.runScript(this.#drop, read, 1, this.node.lockKey(key), token);
  }

  override undo({ key, token }: LeaseRequest): Promise<void> {
    return this.node.runScript(this.#drop, ignoreReply, 1, this.node.lockKey(key), token);
  }
}

const { fencing: _, ...unfenced } = claims;

export const lock = redisSpecimen(
  {
    name: 'own-lease-length',
    specimen: {
      mistake: 'whoever waits judges the holder by the length of its own lease',
      source: 'kubernetes/kubernetes#114872',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
    claims: unfenced,
  },
  (options) => new LeaseLock(new JudgedByOneself(options), options),
);
