/**
 * Mistake: the transaction tests that the name of the lock was never created, and creates a key below it: the test is
 * always true, and everybody is granted the lock.
 * Source: document 001.
 * Must show: exclusion violated without any fault.
 */
import { EtcdBackend, EtcdLock } from '../etcd/lock.ts';
import type { EtcdLease } from '../etcd/leases.ts';
import type { Ahead, PlaceName } from '../etcd/place.ts';
import { Place } from '../etcd/place.ts';
import { etcdSpecimen } from './shared/coordination-specimen.ts';

class AlwaysTrue extends EtcdBackend {
  protected override async enter(
    lease: EtcdLease,
    name: PlaceName,
    timeoutMs: number,
  ): Promise<{ readonly place: Place; readonly ahead: Ahead }> {
    const { place, ahead } = await Place.take(this.client, lease, name, timeoutMs);
    return { place, ahead: { ...ahead, key: undefined } };
  }
}

export const lock = etcdSpecimen(
  {
    name: 'etcd-compares-wrong-key',
    specimen: {
      mistake: 'the transaction compares a key that is never created',
      source: 'document 001',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
  },
  (options) => new EtcdLock(options, new AlwaysTrue(options)),
);
