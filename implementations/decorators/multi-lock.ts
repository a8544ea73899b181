/**
 * Several keys as one lock, all or nothing, over any lock. Everybody takes the keys in the same order (that of their code
 * units), so that no two wait for each other in a circle; whoever cannot have them all gives back those that it has.
 */
import { checkKey } from '../key.ts';
import { abortedError } from '../lease/acquire.ts';
import { systemClock } from '../lease/clock.ts';
import type { Clock } from '../lease/clock.ts';
import { LockTimeoutError } from '../lock.ts';
import type { AcquireOptions, Lease, Lock, TryAcquireOptions } from '../lock.ts';
import { MultiLease } from './multi-lease.ts';

export { MultiLease };

export interface MultiLockOptions {
  /** How long `acquire` waits for all keys together, if the call does not say. Default 10 s. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

export class MultiLock {
  readonly #lock: Lock;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(lock: Lock, { timeoutMs = 10_000, clock = systemClock }: MultiLockOptions = {}) {
    this.#lock = lock;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /**
   * `timeoutMs` is for all of them together. A key that is lost while the others are waited for is no reason to give up:
   * all are given back, and taken again.
   *
   * @throws RangeError without any key, and whatever the lock's own `acquire` throws
   */
  async acquire(keys: readonly string[], options: AcquireOptions = {}): Promise<MultiLease> {
    const ordered = inOrder(keys);
    const until = this.#clock.now() + (options.timeoutMs ?? this.#timeoutMs);
    for (;;) {
      const lease = await this.#acquireAll(ordered, options, until);
      if (lease.remainingMs() > 0 && !lease.signal.aborted) return lease;
      await lease.release();
      if (options.signal?.aborted === true) throw abortedError(lease.key, options.signal, 'definite');
      if (this.#clock.now() < until) continue;
      throw new LockTimeoutError(`${lease.key} was not granted as a whole in time`, 'definite');
    }
  }

  /** One attempt at each: `null` when any of them is busy. */
  async tryAcquire(keys: readonly string[], options: TryAcquireOptions = {}): Promise<MultiLease | null> {
    const held: Lease[] = [];
    for (const key of inOrder(keys)) {
      const lease = await this.#orGiveBack(held, () => this.#lock.tryAcquire(key, options));
      if (lease === null) {
        await giveBack(held);
        return null;
      }
      held.push(lease);
    }
    const all = new MultiLease(held);
    if (all.remainingMs() > 0) return all;
    await all.release();
    return null;
  }

  /** Runs `routine` under a lease of all keys and releases it. The routine's own error wins over any of the release. */
  async using<T>(
    keys: readonly string[],
    options: AcquireOptions,
    routine: (lease: MultiLease) => Promise<T>,
  ): Promise<T> {
    const lease = await this.acquire(keys, options);
    try {
      return await routine(lease);
    } finally {
      await lease.release();
    }
  }

  async #acquireAll(ordered: readonly string[], options: AcquireOptions, until: number): Promise<MultiLease> {
    const held: Lease[] = [];
    for (const key of ordered) {
      const timeoutMs = Math.max(0, until - this.#clock.now());
      held.push(await this.#orGiveBack(held, () => this.#lock.acquire(key, { ...options, timeoutMs })));
    }
    return new MultiLease(held);
  }

  async #orGiveBack<T>(held: readonly Lease[], take: () => Promise<T>): Promise<T> {
    try {
      return await take();
    } catch (error) {
      await giveBack(held);
      throw error;
    }
  }
}

/** Each key once, in the order that is the same for all. @throws RangeError, InvalidKeyError */
function inOrder(keys: readonly string[]): readonly string[] {
  if (keys.length === 0) throw new RangeError('a lock on several keys needs at least one');
  for (const key of keys) checkKey(key);
  return [...new Set(keys)].toSorted();
}

/** The last one first, so that whoever waits for the first does not then wait for the others. */
async function giveBack(held: readonly Lease[]): Promise<void> {
  for (const lease of held.toReversed()) await lease.release();
}
