/** Waiting in the queue of a lock on etcd. */
import type { Clock } from '../lease/clock.ts';
import { sleep } from '../lease/clock.ts';
import { LockBackendError, isLockError } from '../lock.ts';
import type { EtcdClient } from './client.ts';
import type { EtcdLeases } from './leases.ts';
import { PlaceLostError } from './place.ts';
import type { Ahead, Place } from './place.ts';

/** The lease of a waiter is renewed this often in its length, as that of a holder is. */
const RENEWALS_PER_LEASE = 3;
/** Before a question that was not answered is asked again. */
const PAUSE_MS = 50;

interface Surroundings {
  readonly client: EtcdClient;
  readonly leases: EtcdLeases;
  readonly clock: Clock;
}

export class Waiter {
  readonly #surroundings: Surroundings;
  readonly #place: Place;
  readonly #leaseMs: number;

  constructor(surroundings: Surroundings, place: Place, leaseMs: number) {
    this.#surroundings = surroundings;
    this.#place = place;
    this.#leaseMs = leaseMs;
  }

  /**
   * Until nobody is before the place any more; `undefined` when patience has run out. The lease of a lock counts from a
   * renewal that was sent then.
   * @throws LockBackendError when the place was lost
   */
  async untilFirst(
    first: Ahead,
    patience: AbortSignal,
    look: (place: Place) => Promise<Ahead>,
  ): Promise<{ readonly sentAt: number } | undefined> {
    const { clock, leases } = this.#surroundings;
    let ahead: Ahead | undefined = first;
    for (;;) {
      if (ahead?.key !== undefined) await this.#untilChanged({ ...ahead, key: ahead.key }, patience);
      if (patience.aborted) return undefined;
      const sentAt = clock.now();
      try {
        const [alive, now] = await Promise.all([leases.renew(this.#place.lease, this.#leaseMs), look(this.#place)]);
        if (!alive) throw new PlaceLostError();
        if (now.key === undefined) return { sentAt };
        ahead = now;
      } catch (error) {
        if (error instanceof PlaceLostError) throw new LockBackendError(error.message, 'definite', { cause: error });
        if (!isLockError(error)) throw error;
        // The place is kept as long as its lease lasts; what has changed meanwhile is seen by the next look.
        ahead = undefined;
        await sleep(clock, PAUSE_MS);
      }
    }
  }

  /** Until the key before it has changed since it was seen, a renewal is due, or patience has run out. */
  #untilChanged({ key, revision }: Ahead & { readonly key: string }, patience: AbortSignal): Promise<void> {
    const { client, clock } = this.#surroundings;
    return new Promise((resolve) => {
      const over = (): void => {
        stop();
        timer.close();
        patience.removeEventListener('abort', over);
        resolve();
      };
      const timer = clock.setTimer(over, this.#leaseMs / RENEWALS_PER_LEASE);
      const stop = client.watch(key, revision + 1n, over);
      patience.addEventListener('abort', over, { once: true });
      if (patience.aborted) over();
    });
  }
}
