/**
 * Mistake: release deletes the key, whoever's it is. A holder whose lease has run out ends its successor's, and a third
 * is let in beside that.
 * Source: document 003 before its fix; the reason why Redis's own description of the pattern has a release script.
 * Must show: exclusion violated under client-pause or slow-node.
 */
import type { Grant } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class DeleteWhoeverHolds extends RedisBackend {
  override async free({ key }: Grant): Promise<ReleaseOutcome> {
    const client = commandsOf(this.node);
    const deleted = await this.node.run(() => client.del(this.node.lockKey(key)));
    await this.node.run(() => client.publish(this.node.channel(key), ''));
    return deleted === 1 ? 'released' : 'lost';
  }
}

export const lock = redisSpecimen(
  {
    name: 'no-owner-delete',
    specimen: {
      mistake: 'release deletes the key whoever holds it',
      source: 'document 003',
      shows: [{ property: 'exclusion', hazards: ['client-pause', 'slow-node'] }],
    },
  },
  (options) => new LeaseLock(new DeleteWhoeverHolds(options), options),
);
