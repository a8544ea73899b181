/**
 * Mistake: fewer than half of the nodes are enough. Two clients can hold disjoint sets of them at once.
 * Source: quorum computed as N / 2, rounded down.
 * Must show: exclusion violated under minority-partition.
 */
import { Redlock, RedlockBackend } from '../redis/redlock.ts';
import { redlockSpecimen } from './shared/redis-specimen.ts';

export const lock = redlockSpecimen(
  {
    name: 'redlock-minority',
    specimen: {
      mistake: 'a quorum of fewer than half of the nodes',
      source: 'quorum computed as N / 2, rounded down',
      shows: [{ property: 'exclusion', hazards: ['minority-partition'] }],
    },
  },
  (options) => new Redlock(options, new RedlockBackend(options, Math.floor(options.clients.length / 2))),
);
