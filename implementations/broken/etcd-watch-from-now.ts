/**
 * Mistake: the key before one's own is watched from now on, and not from the revision at which it was seen. If it goes in
 * between, nothing wakes the waiter, who keeps all behind it waiting, too.
 * Source: document 001.
 * Must show: deadlock-freedom violated under latency. The gap is drawn out (`GAP_MS`).
 */
import { EtcdBackend, EtcdLock } from '../etcd/lock.ts';
import type { Ahead, Place } from '../etcd/place.ts';
import { keyChange } from '../etcd/waiter.ts';
import { sleep, sleepInBackground } from '../lease/clock.ts';
import { etcdSpecimen } from './shared/coordination-specimen.ts';
import { GAP_MS } from './shared/redis-specimen.ts';

/** Revision 0 is now; the watch is asked for from the one after that which is given. */
const BEFORE_NOW = -1n;

class FromNow extends EtcdBackend {
  protected override async untilChanged(ahead: Ahead, leaseMs: number, patience: AbortSignal): Promise<void> {
    await sleep(this.clock, GAP_MS);
    await keyChange(this.client, this.clock, { ...ahead, revision: BEFORE_NOW }, leaseMs * 1000, patience);
  }

  protected override enter(...args: Parameters<EtcdBackend['enter']>): ReturnType<EtcdBackend['enter']> {
    const entered = super.enter(...args);
    void entered
      .then(({ place, ahead }) => (ahead.key === undefined ? undefined : this.#keepAlive(place)))
      .catch(ignore);
    return entered;
  }

  /** The lease of a waiter, as `lease.NewKeepAlive` does, until it is gone. */
  async #keepAlive({ lease }: Place): Promise<void> {
    for (let alive = true; alive;) {
      await sleepInBackground(this.clock, lease.ttlMs / 4);
      alive = await this.leases.renew(lease, lease.ttlMs).catch(() => true);
    }
  }
}

function ignore(): void {}

export const lock = etcdSpecimen(
  {
    name: 'etcd-watch-from-now',
    recoverMs: 500,
    specimen: {
      mistake: 'the watch begins when it is made, not at the revision of the read',
      source: 'document 001',
      shows: [{ property: 'deadlock-freedom', hazards: ['latency', 'none'] }],
    },
  },
  (options) => new EtcdLock(options, new FromNow(options)),
);
