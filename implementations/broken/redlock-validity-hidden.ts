/**
 * Mistake: the nodes are asked one after the other, without a time limit for each, and the holder counts the full lease
 * from when the last of them has answered. The first ones have by then forgotten it.
 * Source: document 003 (the full lease) and 001 (no time limit per node).
 * Must show: exclusion violated under slow-node.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import type { Lease } from '../lock.ts';
import { Redlock, RedlockBackend } from '../redis/redlock.ts';
import { redlockSpecimen } from './shared/redis-specimen.ts';

/** A time limit, but none that has to do with the lease. */
const PATIENCE_MS = 5000;

class OneAfterTheOther extends RedlockBackend {
  override async attempt(request: LeaseRequest): Promise<Answer> {
    let granted = 0;
    for (const node of this.nodes) {
      const answer = await node.attempt(request).catch((): Answer => ({ kind: 'busy' }));
      if (answer.kind === 'granted') granted += 1;
    }
    return granted > this.nodes.length / 2 ? { kind: 'granted' } : { kind: 'busy', partial: true };
  }
}

class FullLease extends Redlock {
  protected override inTime(): boolean {
    return true;
  }

  protected override hold(settings: LeaseSettings, grant: Grant): Lease {
    return super.hold(settings, grant, settings.clock.now());
  }
}

export const lock = redlockSpecimen(
  {
    name: 'redlock-validity-hidden',
    specimen: {
      mistake: 'the holder counts the full lease, however long it took to be granted',
      source: 'documents 003 and 001',
      shows: [{ property: 'exclusion', hazards: ['slow-node'] }],
    },
  },
  (options) => {
    const patient = { ...options, nodeTimeoutMs: PATIENCE_MS, commandTimeoutMs: PATIENCE_MS };
    return new FullLease(patient, new OneAfterTheOther(patient));
  },
);
