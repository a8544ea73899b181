/** How often to ask again while waiting: the fallback where nothing wakes a waiter, and the pace while there is trouble. */
export interface RetryStrategy {
  /** Before the second attempt. */
  readonly delayMs: number;
  /** Each further delay is this much longer. */
  readonly factor: number;
  readonly maxDelayMs: number;
  /** Share of the delay that is left to chance, 0 to 1: the delay is drawn from [delay × (1 − jitter), delay]. */
  readonly jitter: number;
  /** Attempts after which `acquire` gives up with `LockTimeoutError`. */
  readonly maxAttempts: number;
}

export const DEFAULT_RETRY: RetryStrategy = {
  delayMs: 100,
  factor: 2,
  maxDelayMs: 1000,
  jitter: 0.5,
  maxAttempts: Infinity,
};

/** The delay after `attempts` attempts (at least one) have failed; `random` is drawn from [0, 1). */
export function retryDelayMs(strategy: RetryStrategy, attempts: number, random: number): number {
  const delayMs = Math.min(strategy.maxDelayMs, strategy.delayMs * strategy.factor ** (attempts - 1));
  return delayMs * (1 - strategy.jitter * random);
}
