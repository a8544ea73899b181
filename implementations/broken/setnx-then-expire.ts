/**
 * Mistake: the key is set with one command and given its expiry with another. A client that dies in between leaves a key
 * that never goes away.
 * Source: document 003, and countless tutorials from before `SET … NX PX` (Redis 2.6.12).
 * Must show: deadlock-freedom violated under client-crash. The gap is drawn out (`GAP_MS`).
 */
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { GAP_MS, redisSpecimen } from './shared/redis-specimen.ts';

class SetThenExpire extends RedisBackend {
  override async attempt({ key, token, leaseMs }: LeaseRequest): Promise<Answer> {
    const client = commandsOf(this.node);
    const lockKey = this.node.lockKey(key);
    const set = await this.node.run(() => client.setnx(lockKey, token));
    if (set === 0) return { kind: 'busy' };
    await sleep(systemClock, GAP_MS);
    await this.node.run(() => client.pexpire(lockKey, leaseMs));
    return { kind: 'granted' };
  }
}

export const lock = redisSpecimen(
  {
    name: 'setnx-then-expire',
    specimen: {
      mistake: 'the key is set and given its expiry by two commands',
      source: 'document 003',
      shows: [{ property: 'deadlock-freedom', hazards: ['client-crash'] }],
    },
  },
  (options) => new LeaseLock(new SetThenExpire(options), options),
);
