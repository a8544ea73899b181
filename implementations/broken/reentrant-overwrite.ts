/**
 * Mistake: who holds the lock is read by one command, and the key set by another without a condition: two who both found
 * it free both set it.
 * Source: document 002.
 * Must show: exclusion violated under client-pause or latency. The gap is drawn out (`GAP_MS`).
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { GAP_MS, redisSpecimen } from './shared/redis-specimen.ts';

class GetThenSet extends RedisBackend {
  override async attempt({ key, token, owner = token, leaseMs }: LeaseRequest): Promise<Answer> {
    const client = commandsOf(this.node);
    const lockKey = this.node.lockKey(key);
    const holder = await this.node.run(() => client.get(lockKey));
    if (holder !== null && holder !== owner) return { kind: 'busy' };
    await sleep(systemClock, GAP_MS);
    await this.node.run(() => client.set(lockKey, owner, 'PX', leaseMs));
    return { kind: 'granted' };
  }

  override extend(grant: Grant): ReturnType<RedisBackend['extend']> {
    return super.extend({ ...grant, token: grant.owner ?? grant.token });
  }

  override free(grant: Grant): Promise<ReleaseOutcome> {
    return super.free({ ...grant, token: grant.owner ?? grant.token });
  }
}

export const lock = redisSpecimen(
  {
    name: 'reentrant-overwrite',
    specimen: {
      mistake: 'the holder is read by one command and overwritten by another',
      source: 'document 002',
      shows: [{ property: 'exclusion', hazards: ['client-pause', 'latency'] }],
    },
  },
  (options) => new LeaseLock(new GetThenSet(options), options),
);
