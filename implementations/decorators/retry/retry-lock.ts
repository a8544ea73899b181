/** A lock that is asked again in a rhythm of the caller's own, and so many times at most. */
import { abortedError, Course } from '../../lease/acquire.ts';
import { systemClock } from '../../lease/clock.ts';
import type { Clock } from '../../lease/clock.ts';
import { atLeast } from '../../lease/options.ts';
import { retryDelayMs } from '../../lease/retry.ts';
import type { RetryStrategy } from '../../lease/retry.ts';
import { Waiting } from '../../lease/waiting.ts';
import type { AcquireOptions, Lease, Lock } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { isTrouble } from '../trouble.ts';
import { PRESETS } from './presets.ts';
import type { Preset } from './presets.ts';

export interface RetryOptions extends Partial<RetryStrategy> {
  /** What is not said otherwise is taken from it. Default `backoff`. */
  readonly preset?: Preset;
  /** How long `acquire` asks, if the call does not say. Default 10 s. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  /** Numbers from [0, 1) for jitter. */
  readonly random?: () => number;
}

export class RetryLock extends DecoratedLock {
  readonly #strategy: RetryStrategy;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Without hints: places to sleep, no more. */
  readonly #waiting: Waiting;

  constructor(inner: Lock, options: RetryOptions = {}) {
    super(inner);
    const { preset, timeoutMs = 10_000, clock = systemClock, random = Math.random, ...own } = options;
    this.#strategy = strategyOf(preset, own);
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#random = random;
    this.#waiting = new Waiting(undefined, clock);
  }

  /**
   * Asks once, and again after each delay, while the lock is busy or its backend in trouble; an error that no second try
   * could mend, such as that of a wrong key, is the answer at once.
   *
   * @throws LockTimeoutError after the last try or at the end of the time; if that try met trouble, the trouble
   */
  override async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const { timeoutMs = this.#timeoutMs, ...once } = options;
    const startedAt = this.#clock.now();
    const until = startedAt + atLeast('timeoutMs', timeoutMs, 0);
    const course = new Course(key);
    for (let tries = 1; ; tries += 1) {
      const lease = await this.#try(key, once, course);
      if (lease !== null) return lease;
      const now = this.#clock.now();
      if (now >= until || tries >= this.#strategy.maxAttempts) throw course.end(now - startedAt);
      await this.#sleep(key, Math.min(retryDelayMs(this.#strategy, tries, this.#random()), until - now), options);
      if (options.signal?.aborted === true) throw abortedError(key, options.signal, course.outcome);
    }
  }

  async #try(key: string, options: AcquireOptions, course: Course): Promise<Lease | null> {
    try {
      const lease = await this.inner.tryAcquire(key, options);
      if (lease === null) course.noteBusy();
      return lease;
    } catch (error) {
      if (!isTrouble(error)) throw error;
      course.noteTrouble(error);
      return null;
    }
  }

  async #sleep(key: string, ms: number, { signal }: AcquireOptions): Promise<void> {
    const place = this.#waiting.enter(key);
    await place.sleep(ms, this.#waiting.missedHints(key), signal);
    place.leave(false);
  }
}

/** The longest that it lets the lock wait, free as it may be, before it asks again. */
export const longestDelayMs = ({ preset, ...own }: RetryOptions): number => strategyOf(preset, own).maxDelayMs;

function strategyOf(preset: Preset = 'backoff', own: Partial<RetryStrategy>): RetryStrategy {
  const { delayMs, factor, maxDelayMs, jitter, maxAttempts } = PRESETS[preset];
  const strategy = {
    delayMs: atLeast('delayMs', own.delayMs ?? delayMs, 0),
    factor: atLeast('factor', own.factor ?? factor, 1),
    jitter: atLeast('jitter', own.jitter ?? jitter, 0),
    maxAttempts: atLeast('maxAttempts', own.maxAttempts ?? maxAttempts, 1),
  };
  if (strategy.jitter > 1) throw new RangeError(`jitter is ${strategy.jitter}, expected from 0 to 1`);
  // A first delay longer than the preset's longest is meant.
  return {
    ...strategy,
    maxDelayMs: atLeast('maxDelayMs', own.maxDelayMs ?? Math.max(maxDelayMs, strategy.delayMs), 0),
  };
}
