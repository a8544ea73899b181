/**
 * Mistake: the key is set without an expiry. The holder counts its lease, but the server never ends it.
 * Source: document 003; the first version of most hand-made locks.
 * Must show: deadlock-freedom violated under client-crash.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class WithoutExpiry extends RedisBackend {
  override async attempt({ key, token }: LeaseRequest): Promise<Answer> {
    const lockKey = this.node.lockKey(key);
    const set = await this.node.run(() => commandsOf(this.node).set(lockKey, token, 'NX'));
    return { kind: set === 'OK' ? 'granted' : 'busy' };
  }

  override async extend({ key, token }: Grant): Promise<'extended' | 'lost'> {
    const holder = await this.node.run(() => commandsOf(this.node).get(this.node.lockKey(key)));
    return holder === token ? 'extended' : 'lost';
  }
}

export const lock = redisSpecimen(
  {
    name: 'no-expiry',
    specimen: {
      mistake: 'the key is set without an expiry',
      source: 'document 003',
      shows: [{ property: 'deadlock-freedom', hazards: ['client-crash'] }],
    },
  },
  (options) => new LeaseLock(new WithoutExpiry(options), options),
);
