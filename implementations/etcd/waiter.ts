/** Waiting in the queue of a lock on etcd. */
import type { Clock } from '../lease/clock.ts';
import { sleep } from '../lease/clock.ts';
import { LockBackendError, isLockError } from '../lock.ts';
import type { EtcdClient } from './client.ts';
import { PlaceLostError } from './place.ts';
import type { Ahead } from './place.ts';

/** Before a question that was not answered is asked again. */
const PAUSE_MS = 50;

/** What a waiter does again and again. */
export interface Steps {
  /** Renews the lease of the place, and sees who is before it. @throws PlaceLostError */
  readonly confirm: () => Promise<Ahead>;
  /** Resolves when the key before it may have changed since it was seen, when the lease must be renewed, or on abort. */
  readonly untilChanged: (ahead: Ahead) => Promise<void>;
}

/**
 * Until nobody is before the place any more; `undefined` when patience has run out. The lease of a lock counts from a
 * renewal that was sent then.
 * @throws LockBackendError when the place was lost
 */
export async function untilFirst(
  clock: Clock,
  first: Ahead,
  patience: AbortSignal,
  { confirm, untilChanged }: Steps,
): Promise<{ readonly sentAt: number } | undefined> {
  let ahead: Ahead | undefined = first;
  for (;;) {
    if (ahead !== undefined) await untilChanged(ahead);
    if (patience.aborted) return undefined;
    const sentAt = clock.now();
    try {
      ahead = await confirm();
      if (ahead.key === undefined) return { sentAt };
    } catch (error) {
      if (error instanceof PlaceLostError) throw new LockBackendError(error.message, 'definite', { cause: error });
      if (!isLockError(error)) throw error;
      // The place is kept as long as its lease lasts; what has changed meanwhile is seen by the next look.
      ahead = undefined;
      await sleep(clock, PAUSE_MS);
    }
  }
}

/** Watches the key, from the revision at which it was seen on, so that nothing is missed in between. */
export function keyChange(
  client: EtcdClient,
  clock: Clock,
  { key, revision }: Ahead,
  atMostMs: number,
  patience: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      stop();
      timer.close();
      patience.removeEventListener('abort', over);
      resolve();
    };
    const timer = clock.setTimer(over, atMostMs);
    const stop = client.watch(key ?? '', revision + 1n, over);
    patience.addEventListener('abort', over, { once: true });
    if (patience.aborted) over();
  });
}
