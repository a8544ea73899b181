/** A lock that is left alone for a while when its backend is in trouble: callers are told at once. */
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import type { CircuitBreakerPolicy, IBackoff, IBackoffFactory } from 'cockatiel';
import { systemClock } from '../../lease/clock.ts';
import type { Clock } from '../../lease/clock.ts';
import { isLockError, LockBackendError, LockTimeoutError } from '../../lock.ts';
import type { AcquireOptions, Lease, Lock, TryAcquireOptions } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { isTrouble } from '../trouble.ts';

export interface CircuitBreakerOptions {
  /** Troubles in a row, of all keys together, that open the circuit. Default 5. */
  readonly failures?: number;
  /** How long it stays open before one caller tries again, in milliseconds. Default 30 s. */
  readonly openMs?: number;
  readonly clock?: Clock;
}

/** `half-open`: one caller is trying whether the backend answers again. */
export type Circuit = 'closed' | 'open' | 'half-open';

/**
 * Trouble of the backend opens it; busy never does, for that is an answer. While it is open nothing is granted: no lock that
 * knows of fewer rivals could stand in. Leases that were granted before are renewed and released as ever.
 */
export class CircuitBreakerLock extends DecoratedLock {
  readonly #policy: CircuitBreakerPolicy;
  readonly #clock: Clock;
  #trouble: unknown;

  /** @throws RangeError */
  constructor(inner: Lock, { failures = 5, openMs = 30_000, clock = systemClock }: CircuitBreakerOptions = {}) {
    super(inner);
    if (!(failures >= 1)) throw new RangeError(`failures is ${failures}, expected at least 1`);
    if (!(openMs >= 0)) throw new RangeError(`openMs is ${openMs}, expected at least 0`);
    this.#clock = clock;
    this.#policy = circuitBreaker(handleWhen(isTrouble), {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: after(openMs, clock),
    });
    this.#policy.onFailure(({ reason }) => {
      if ('error' in reason) this.#trouble = reason.error;
    });
  }

  get circuit(): Circuit {
    const { state } = this.#policy;
    if (state === CircuitState.Closed) return 'closed';
    return state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** @throws LockBackendError, definite, while the circuit is open; and whatever the lock's own `acquire` throws */
  override async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    if (this.circuit === 'closed') return this.#through(() => this.inner.acquire(key, options));
    // A single attempt tries the backend: a wait would last as long as somebody else holds the key.
    const { timeoutMs, ...once } = options;
    const startedAt = this.#clock.now();
    const lease = await this.tryAcquire(key, once);
    if (lease !== null) return lease;
    if (timeoutMs === undefined) return this.acquire(key, options);
    return this.acquire(key, { ...options, timeoutMs: Math.max(0, timeoutMs - (this.#clock.now() - startedAt)) });
  }

  /** @throws LockBackendError, definite, while the circuit is open; and whatever the lock's own `tryAcquire` throws */
  override tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    return this.#through(() => this.inner.tryAcquire(key, options));
  }

  async #through<T extends Lease | null>(ask: () => Promise<T>): Promise<T> {
    // One caller tries; the policy would have the others wait for what comes of it, longer than they may want.
    if (this.circuit === 'half-open') throw this.#open();
    try {
      const answer = await this.#policy.execute(() => ask().catch(heldByAnother));
      if (answer instanceof LockTimeoutError) throw answer;
      return answer;
    } catch (error) {
      throw isBrokenCircuitError(error) ? this.#open() : error;
    }
  }

  #open(): LockBackendError {
    const message = 'the circuit is open: the backend was in trouble, and is not asked for a while';
    return new LockBackendError(message, 'definite', { cause: this.#trouble });
  }
}

/** Of one that waited in vain: the backend did answer, that somebody else held the lock. */
function heldByAnother(error: unknown): LockTimeoutError {
  if (isLockError(error) && error instanceof LockTimeoutError) return error;
  throw error;
}

/** The policy reads the clock of the wall; set back by an hour, that would keep the circuit open for an hour. */
function after(openMs: number, clock: Clock): IBackoffFactory<unknown> {
  const next = (): IBackoff<unknown> => {
    const until = clock.now() + openMs;
    return {
      get duration() {
        return clock.now() < until ? Infinity : -Infinity;
      },
      next,
    };
  };
  return { next };
}
