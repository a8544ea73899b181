/** A lock for which those who wait in one process ask in the order of their priority. */
import { abortedError } from '../../lease/acquire.ts';
import { systemClock } from '../../lease/clock.ts';
import type { Clock } from '../../lease/clock.ts';
import { atLeast } from '../../lease/options.ts';
import type { AcquireOptions, Lease, Lock } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { Turns } from './turns.ts';

export interface PriorityOptions {
  /** Of calls that do not say. Default 0. */
  readonly priority?: number;
  /** A wait of so long counts as much as one more of priority, so that nobody waits for ever. Default 1 s. */
  readonly agingMs?: number;
  /** How long `acquire` waits, if the call does not say. Default 10 s. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

export interface PriorityAcquireOptions extends AcquireOptions {
  /** More is sooner. */
  readonly priority?: number;
}

/**
 * One call for a key is on its way to the backend, and the others wait here: the most urgent one is next, and of those that
 * are as urgent the one that came first. Who is on the way is not called back, so that one may be let in before somebody more
 * urgent. Other processes have calls of their own on the way, and know nothing of these.
 */
export class PriorityLock extends DecoratedLock {
  readonly #options: Required<PriorityOptions>;
  readonly #turns = new Map<string, Turns>();

  /** @throws RangeError */
  constructor(inner: Lock, options: PriorityOptions = {}) {
    super(inner);
    const { priority = 0, agingMs = 1000, timeoutMs = 10_000, clock = systemClock } = options;
    if (!(agingMs > 0 && agingMs < Infinity)) throw new RangeError(`agingMs is ${agingMs}, expected a time above 0`);
    this.#options = { priority, agingMs, timeoutMs, clock };
  }

  override async acquire(key: string, options: PriorityAcquireOptions = {}): Promise<Lease> {
    const { priority = this.#options.priority, ...call } = options;
    if (!Number.isFinite(priority)) throw new RangeError(`priority is ${priority}, expected a number`);
    // Readers are let in together, and an owner must not wait behind one who waits for it.
    if (call.mode === 'shared' || call.owner !== undefined) return this.inner.acquire(key, call);
    const { clock, agingMs } = this.#options;
    const startedAt = clock.now();
    const timeoutMs = atLeast('timeoutMs', call.timeoutMs ?? this.#options.timeoutMs, 0);
    const leftMs = (): number => Math.max(0, timeoutMs - (clock.now() - startedAt));
    const turns = this.#turnsOf(key);
    // Of two who wait both grow by the same: which of them is the more urgent is settled when they come.
    const turn = await turns.take(priority * agingMs - startedAt, timeoutMs, call.signal);
    if (turn === 'aborted') throw abortedError(key, call.signal, 'definite');
    // Whether somebody holds the lock or the backend is in trouble only the backend can say.
    if (turn === 'late') return this.inner.acquire(key, { ...call, timeoutMs: 0 });
    try {
      return await this.inner.acquire(key, { ...call, timeoutMs: leftMs() });
    } finally {
      turns.pass();
      if (turns.idle) this.#turns.delete(key);
    }
  }

  override using<T>(key: string, options: PriorityAcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return super.using(key, options, routine);
  }

  #turnsOf(key: string): Turns {
    const turns = this.#turns.get(key) ?? new Turns(this.#options.clock);
    this.#turns.set(key, turns);
    return turns;
  }
}
