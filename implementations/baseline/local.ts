/**
 * A lock inside one process, first come, first served: correct there, and no lock at all between processes. It claims
 * exclusion, so that verifying it with several workers fails.
 */
import { checkKey } from '../key.ts';
import { LockTimeoutError } from '../lock.ts';
import type { AcquireOptions, Health, Inspection, Lease, Lock, LockModule, TryAcquireOptions } from '../lock.ts';
import { abortedError } from '../lease/acquire.ts';
import { systemClock } from '../lease/clock.ts';
import type { Clock } from '../lease/clock.ts';
import { CutShortError, within } from '../lease/within.ts';
import { usingLease } from '../using.ts';
import { MemoryLease } from './memory-lease.ts';
import { baseline } from './module.ts';

export interface LocalLockOptions {
  /** How long `acquire` waits, if the call does not say. Default 10 s. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

interface Held {
  readonly lease: Lease;
  readonly waiters: Set<() => void>;
}

export class LocalLock implements Lock {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  constructor({ timeoutMs = 10_000, clock = systemClock }: LocalLockOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const { timeoutMs = this.#timeoutMs, signal } = options;
    checkCall(key, signal);
    const held = this.#held.get(key);
    if (held === undefined) return this.#grant(key, new Set());
    const { promise: granted, resolve } = Promise.withResolvers<Lease>();
    const turn = (): void => resolve(this.#grant(key, held.waiters));
    held.waiters.add(turn);
    try {
      return await within(this.#clock, granted, timeoutMs, signal);
    } catch (error) {
      // If the turn came in the same moment, it is passed on.
      if (!held.waiters.delete(turn)) await (await granted).release();
      if (error instanceof CutShortError && error.by === 'caller') throw abortedError(key, signal, 'definite');
      throw new LockTimeoutError(`${JSON.stringify(key)} was not granted within ${timeoutMs} ms`, 'definite');
    }
  }

  async tryAcquire(key: string, { signal }: TryAcquireOptions = {}): Promise<Lease | null> {
    checkCall(key, signal);
    return this.#held.has(key) ? null : this.#grant(key, new Set());
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    checkKey(key);
    const held = this.#held.get(key);
    if (held === undefined) return { key, held: false };
    return { key, held: true, token: held.lease.token, waiters: held.waiters.size };
  }

  async health(): Promise<Health> {
    return { ok: true, latencyMs: 0 };
  }

  #grant(key: string, waiters: Set<() => void>): Lease {
    const lease = new MemoryLease(key, () => this.#passOn(key, waiters));
    this.#held.set(key, { lease, waiters });
    return lease;
  }

  #passOn(key: string, waiters: Set<() => void>): void {
    const [next] = waiters;
    if (next === undefined) {
      this.#held.delete(key);
      return;
    }
    waiters.delete(next);
    next();
  }
}

function checkCall(key: string, signal: AbortSignal | undefined): void {
  checkKey(key);
  if (signal?.aborted === true) throw abortedError(key, signal, 'definite');
}

export const lock: LockModule = {
  ...baseline,
  name: 'local',
  summary: 'Baseline: a lock inside each process, none between them.',
  async connect() {
    return { lock: new LocalLock(), close: async () => undefined };
  },
};
