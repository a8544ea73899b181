/**
 * Mistake: a granted node counts as held until its release. That the session, and the node with it, may have expired
 * meanwhile is not noticed by a holder that is cut off.
 * Source: document 000.
 * Must show: loss-notice violated under client-partition.
 */
import type { Grant } from '../lease/backend.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import type { Lease } from '../lock.ts';
import { ZookeeperLock } from '../zookeeper/lock.ts';
import { zookeeperSpecimen } from './shared/coordination-specimen.ts';
import { TrustingLease } from './shared/trusting-lease.ts';

class TrustingZookeeperLock extends ZookeeperLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new TrustingLease(settings, grant, sentAt);
  }
}

export const lock = zookeeperSpecimen(
  {
    name: 'zookeeper-ignores-session-loss',
    specimen: {
      mistake: 'the holder is not told that its session may have expired',
      source: 'document 000',
      shows: [{ property: 'loss-notice', hazards: ['client-partition'] }],
    },
  },
  (options) => new TrustingZookeeperLock(options),
);
