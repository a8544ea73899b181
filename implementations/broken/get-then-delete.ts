/**
 * Mistake: release reads the owner with one command and deletes with another. If the lease runs out in between, the
 * delete ends the successor's.
 * Source: document 002, among its pitfalls.
 * Must show: exclusion violated under client-pause or latency. The gap is drawn out (`GAP_MS`).
 */
import type { Grant } from '../lease/backend.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { GAP_MS, redisSpecimen } from './shared/redis-specimen.ts';

class GetThenDelete extends RedisBackend {
  override async free({ key, token }: Grant): Promise<ReleaseOutcome> {
    const client = commandsOf(this.node);
    const lockKey = this.node.lockKey(key);
    const holder = await this.node.run(() => client.get(lockKey));
    if (holder !== token) return 'lost';
    await sleep(systemClock, GAP_MS);
    const deleted = await this.node.run(() => client.del(lockKey));
    await this.node.run(() => client.publish(this.node.channel(key), ''));
    return deleted === 1 ? 'released' : 'lost';
  }
}

export const lock = redisSpecimen(
  {
    name: 'get-then-delete',
    specimen: {
      mistake: 'release checks the owner and deletes the key by two commands',
      source: 'document 002',
      shows: [{ property: 'exclusion', hazards: ['client-pause', 'latency'] }],
    },
  },
  (options) => new LeaseLock(new GetThenDelete(options), options),
);
