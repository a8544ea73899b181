/**
 * Mistake: the time that it took to reach a majority is not held against the lease, and no node has a time limit of
 * its own: a majority that answers after the first grants have run out is a success all the same.
 * Source: step 3 of Redis's description of Redlock, left out.
 * Must show: exclusion violated under latency.
 */
import { Redlock } from '../redis/redlock.ts';
import { redlockSpecimen } from './shared/redis-specimen.ts';

/** A time limit, but none that has to do with the lease. */
const PATIENCE_MS = 3000;

class EverInTime extends Redlock {
  protected override inTime(): boolean {
    return true;
  }
}

export const lock = redlockSpecimen(
  {
    name: 'redlock-no-validity-check',
    specimen: {
      mistake: 'a majority that answers after the lease has run out counts, and no node has a time limit',
      source: "Redis's description of Redlock, step 3, left out",
      shows: [{ property: 'exclusion', hazards: ['latency'] }],
    },
  },
  (options) => {
    const patient = { ...options, nodeTimeoutMs: PATIENCE_MS, commandTimeoutMs: PATIENCE_MS };
    return new EverInTime(patient);
  },
);
