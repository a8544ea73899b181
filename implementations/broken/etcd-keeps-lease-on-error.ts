/**
 * Mistake: when the transaction fails, the lease that was made for it is kept alive all the same. If only the answer was
 * lost, the key is there, and stays.
 * Source: document 001.
 * Must show: deadlock-freedom violated under lost-reply, and whatever else makes a transaction fail.
 */
import type { EtcdLease } from '../etcd/leases.ts';
import { EtcdBackend, EtcdLock } from '../etcd/lock.ts';
import type { Ahead, PlaceName } from '../etcd/place.ts';
import { Place } from '../etcd/place.ts';
import { sleepInBackground } from '../lease/clock.ts';
import { etcdSpecimen } from './shared/coordination-specimen.ts';

const KEEP_ALIVE_EVERY_MS = 200;

class KeptAlive extends EtcdBackend {
  #closed = false;

  protected override enter(lease: EtcdLease, name: PlaceName, timeoutMs: number): ReturnType<typeof Place.take> {
    return this.#orKeep(lease, Place.take(this.client, lease, name, timeoutMs));
  }

  protected override confirm(place: Place, leaseMs: number): Promise<Ahead> {
    return this.#orKeep(place.lease, super.confirm(place, leaseMs));
  }

  /** Nobody revokes the lease. */
  override async undo(): Promise<void> {}

  override async close(): Promise<void> {
    this.#closed = true;
    await super.close();
  }

  async #orKeep<T>(lease: EtcdLease, transaction: Promise<T>): Promise<T> {
    try {
      return await transaction;
    } catch (cause) {
      void this.#keepAlive(lease);
      throw new Error('the transaction failed', { cause });
    }
  }

  async #keepAlive(lease: EtcdLease): Promise<void> {
    while (!this.#closed) {
      await this.leases.renew(lease, lease.ttlMs).catch(() => undefined);
      await sleepInBackground(this.clock, KEEP_ALIVE_EVERY_MS);
    }
  }
}

export const lock = etcdSpecimen(
  {
    name: 'etcd-keeps-lease-on-error',
    recoverMs: 1000,
    specimen: {
      mistake: 'the lease of a failed transaction is kept alive',
      source: 'document 001',
      shows: [
        {
          property: 'deadlock-freedom',
          hazards: ['lost-reply', 'reset', 'client-partition', 'server-crash', 'server-pause'],
        },
      ],
    },
  },
  (options) => new EtcdLock(options, new KeptAlive(options)),
);
