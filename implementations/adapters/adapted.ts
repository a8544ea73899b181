/**
 * The frame for published locks: it makes what a library has into the contract, and adds nothing that would hide a fault of
 * the library. The deadline is the one that the library states, the signal is the library's own word, and nothing is asked
 * again. What the library lacks is refused by name.
 */
import { checkKey } from '../key.ts';
import {
  isLockError,
  LeaseLostError,
  LockAbortedError,
  LockBackendError,
  LockOutcomeUnknownError,
  LockTimeoutError,
} from '../lock.ts';
import type {
  AcquireOptions,
  ConnectedLock,
  Health,
  Inspection,
  Lease,
  Lock,
  Outcome,
  ReleaseOutcome,
  TryAcquireOptions,
} from '../lock.ts';
import { systemClock } from '../lease/clock.ts';
import type { Timer } from '../lease/clock.ts';
import { newToken } from '../token.ts';
import { usingLease } from '../using.ts';

/** What a library gives for one acquisition. */
export interface Held {
  /** The library's own name of this acquisition, where it tells one. */
  readonly token?: string;
  /** The fencing token, where the library issues such numbers. */
  readonly fence?: bigint;
  /** On the time line of `performance.now()`; absent where the library names no end. */
  readonly expiresAt?: number | undefined;
  /** Aborts when the library says that the lock is lost; absent where it never does. */
  readonly lost?: AbortSignal;
  /** Resolves to what the library says of it; to nothing, or rejects, where it does not say what became of the lock. */
  readonly release: () => Promise<ReleaseOutcome | void>;
  /** Where the library can extend on demand: the new end, where it names one. */
  readonly extend?: () => Promise<number | undefined | void>;
}

/** What is asked of a library. */
export interface Asked {
  /** All that the library writes about it shall begin with this: other runs use the same servers. */
  readonly key: string;
  readonly leaseMs: number;
  /** 0 for one attempt. */
  readonly timeoutMs: number;
  /** Whether the lock shall be kept alive until it is released. */
  readonly renew: boolean;
  /** Aborts when nobody waits any longer. A library that cannot cancel goes on: what it still takes is released. */
  readonly signal: AbortSignal;
}

/** One published lock. */
export interface Library {
  /** `null` when it was not granted in time. Rejects with what the library rejects with. */
  take(asked: Asked): Promise<Held | null>;
  /** Whether anybody holds the key, where that can be asked. */
  held?(key: string): Promise<boolean>;
  /** One for each server; more than half must answer. */
  pings?(): readonly Promise<unknown>[];
  /** Ends what was begun to connect. */
  close?(): Promise<void> | void;
}

const DEFAULT_LEASE_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** A library behind the contract, as a lock module's `connect` gives it back. */
export function adapted(library: Library): ConnectedLock {
  const lock = new AdaptedLock(library);
  return {
    lock,
    close: async () => {
      await lock.settled();
      await library.close?.();
    },
  };
}

class AdaptedLock implements Lock {
  readonly #library: Library;
  /** Calls that the library has not answered, with the release of what came after nobody waited any longer. */
  readonly #open = new Set<Promise<unknown>>();

  constructor(library: Library) {
    this.#library = library;
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const lease = await this.#take(key, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options);
    if (lease !== null) return lease;
    // Such libraries undo in the background what a failed attempt may have left.
    throw new LockTimeoutError(`${JSON.stringify(key)} was not granted in time`, 'unknown');
  }

  tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    return this.#take(key, 0, options);
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    checkKey(key);
    if (this.#library.held === undefined) throw new LockBackendError('this library cannot be asked', 'definite');
    return { key, held: await this.#library.held(key) };
  }

  async health(): Promise<Health> {
    const began = performance.now();
    const answers = await Promise.allSettled(this.#library.pings?.() ?? []);
    const answered = answers.filter(({ status }) => status === 'fulfilled').length;
    return { ok: answers.length === 0 || answered > answers.length / 2, latencyMs: performance.now() - began };
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#open);
  }

  async #take(key: string, timeoutMs: number, options: TryAcquireOptions): Promise<Lease | null> {
    checkKey(key);
    const { signal = new AbortController().signal, leaseMs = DEFAULT_LEASE_MS, renew = true } = options;
    if (signal.aborted) throw aborted(key, 'definite', signal);
    const taken = this.#library.take({ key, leaseMs, timeoutMs, renew, signal }).catch((cause: unknown) => {
      throw isLockError(cause)
        ? cause
        : new LockBackendError(`${JSON.stringify(key)}: ${String(cause)}`, 'unknown', { cause });
    });
    const held = await this.#unlessAborted(key, taken, signal);
    return held === null ? null : new AdaptedLease(key, held);
  }

  /** What comes after nobody waits for it any longer is released. */
  async #unlessAborted(key: string, taken: Promise<Held | null>, signal: AbortSignal): Promise<Held | null> {
    const { promise: gaveUp, reject: giveUp } = Promise.withResolvers<never>();
    const onAbort = (): void => {
      giveUp(aborted(key, 'unknown', signal));
      const late = taken.then((held) => held?.release()).catch(() => undefined);
      this.#open.add(late);
      void late.then(() => this.#open.delete(late));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([taken, gaveUp]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

function aborted(key: string, outcome: Outcome, signal: AbortSignal): LockAbortedError {
  return new LockAbortedError(`waiting for ${JSON.stringify(key)} was aborted`, outcome, { cause: signal.reason });
}

class AdaptedLease implements Lease {
  readonly key: string;
  readonly token: string;
  readonly fencingToken: bigint | undefined;
  readonly #held: Held;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(expiresAt: number) => void>();
  #expiresAt: number | undefined;
  #deadline: Timer | undefined;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(key: string, held: Held) {
    this.key = key;
    this.token = held.token ?? newToken();
    this.fencingToken = held.fence;
    this.#held = held;
    this.#expiresAt = held.expiresAt;
    if (held.lost?.aborted) this.#lose('mismatch');
    else held.lost?.addEventListener('abort', () => this.#lose('mismatch'), { once: true });
    this.#arm();
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /** The deadline is the library's; that it is looked at here is all that is added. */
  get signal(): AbortSignal {
    if (this.remainingMs() === 0) this.#lose('deadline');
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#expiresAt === undefined ? Infinity : Math.max(0, this.#expiresAt - performance.now());
  }

  async renew(): Promise<void> {
    if (this.#held.extend === undefined) throw new LockBackendError('this library cannot extend on demand', 'definite');
    try {
      this.#expiresAt = (await this.#held.extend()) ?? this.#expiresAt;
    } catch (cause) {
      if (isLockError(cause)) throw cause;
      throw new LockOutcomeUnknownError(`${JSON.stringify(this.key)} was not extended: ${String(cause)}`, { cause });
    }
    this.#arm();
    for (const listener of this.#listeners) if (this.#expiresAt !== undefined) listener(this.#expiresAt);
  }

  onRenewed(listener: (expiresAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  release(): Promise<ReleaseOutcome> {
    this.#deadline?.close();
    this.#release ??= this.#held.release().then(
      (outcome) => outcome ?? 'unknown',
      (): ReleaseOutcome => 'unknown',
    );
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #arm(): void {
    this.#deadline?.close();
    if (this.#expiresAt === undefined) return;
    const onTime = (): void => {
      if (this.remainingMs() === 0) this.#lose('deadline');
      else this.#arm();
    };
    this.#deadline = systemClock.setTimer(onTime, Math.ceil(this.remainingMs()));
    this.#deadline.unref();
  }

  #lose(reason: 'deadline' | 'mismatch'): void {
    if (this.#release !== undefined || this.#controller.signal.aborted) return;
    this.#deadline?.close();
    this.#controller.abort(new LeaseLostError(`lease on ${JSON.stringify(this.key)} is lost`, reason));
  }
}
