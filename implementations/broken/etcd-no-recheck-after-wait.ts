/**
 * Mistake: when the key before it has gone, a waiter has the lock. That its own key may have gone with its lease, while its
 * process stood still, is not looked at.
 * Source: etcd's own `concurrency.Mutex` up to 3.4.3 (https://jepsen.io/analyses/etcd-3.4.3, issue 11456).
 * Must show: exclusion violated under client-pause. Leases have no spare time to live here, so that a pause outlasts them.
 */
import { EtcdLeases } from '../etcd/leases.ts';
import { EtcdBackend, EtcdLock } from '../etcd/lock.ts';
import { queueOf } from '../etcd/place.ts';
import type { Ahead, Place } from '../etcd/place.ts';
import { systemClock } from '../lease/clock.ts';
import { requestTimeoutMs } from '../lease/request-timeout.ts';
import { etcdSpecimen } from './shared/coordination-specimen.ts';

class Trusting extends EtcdBackend {
  protected override async confirm({ lease, name, createRevision }: Place, leaseMs: number): Promise<Ahead> {
    await this.leases.renew(lease, leaseMs);
    const before = {
      ...queueOf(name.queue),
      order: 'newest first',
      limit: 1,
      createdUpTo: createRevision - 1n,
    } as const;
    const { revision, keys } = await this.client.range(before, requestTimeoutMs(leaseMs));
    return { key: keys[0]?.key, revision };
  }
}

export const lock = etcdSpecimen(
  {
    name: 'etcd-no-recheck-after-wait',
    leastLeaseMs: 1000,
    specimen: {
      mistake: 'a waiter does not read its own key again after waiting',
      source: 'etcd up to 3.4.3, by Jepsen',
      shows: [{ property: 'exclusion', hazards: ['client-pause'] }],
    },
  },
  (options) => {
    const leases = new EtcdLeases(options.client, options.clock ?? systemClock, () => 0);
    return new EtcdLock(options, new Trusting(options, leases));
  },
);
