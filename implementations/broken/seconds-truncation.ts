/**
 * Mistake: the expiry is given in whole seconds, rounded down. A lease of less than a second becomes `EXPIRE key 0`, which
 * deletes the key.
 * Source: documents 000, 001 and 004.
 * Must show: exclusion violated, without any fault.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class InSeconds extends RedisBackend {
  override async attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    const client = commandsOf(this.node);
    const lockKey = this.node.lockKey(key);
    const set = await this.node.run(() => client.setnx(lockKey, token));
    if (set === 0) return { kind: 'busy' };
    await this.node.run(() => client.expire(lockKey, Math.floor(leaseMs / 1000)));
    return { kind: 'granted' };
  }

  override async extend({ key, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    const client = commandsOf(this.node);
    const kept = await this.node.run(() => client.expire(this.node.lockKey(key), Math.floor(leaseMs / 1000)));
    return kept === 1 ? 'extended' : 'lost';
  }
}

export const lock = redisSpecimen(
  {
    name: 'seconds-truncation',
    specimen: {
      mistake: 'the expiry is rounded down to seconds, and 0 deletes the key',
      source: 'documents 000, 001 and 004',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
  },
  (options) => new LeaseLock(new InSeconds(options), options),
);
