/**
 * Mistake: an acquire that found no majority deletes the key on every node, whoever's it is.
 * Source: document 003.
 * Must show: exclusion violated, without any fault, as soon as the lock is contended.
 */
import type { LeaseRequest } from '../lease/backend.ts';
import { Redlock, RedlockBackend } from '../redis/redlock.ts';
import { commandsOf } from './shared/commands.ts';
import { redlockSpecimen } from './shared/redis-specimen.ts';

class DeleteEverywhere extends RedlockBackend {
  override async undo({ key }: LeaseRequest): Promise<void> {
    await Promise.allSettled(this.nodes.map((node) => commandsOf(node).del(node.lockKey(key))));
  }
}

export const lock = redlockSpecimen(
  {
    name: 'redlock-unconditional-cleanup',
    specimen: {
      mistake: 'a failed acquire deletes the keys of others on every node',
      source: 'document 003',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
  },
  (options) => new Redlock(options, new DeleteEverywhere(options)),
);
