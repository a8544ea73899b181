/** A lock whose callers wait, if they do not say how long, for as long as waits have taken lately. */
import { systemClock } from '../../lease/clock.ts';
import type { Clock } from '../../lease/clock.ts';
import { isLockError } from '../../lock.ts';
import type { AcquireOptions, Lease, Lock } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { RecentWaits } from './recent-waits.ts';

export interface AdaptiveTimeoutOptions {
  /** Which share of recent waits the bound is to leave room for, from 0 to 1. Default 0.99. */
  readonly quantile?: number;
  /** How many times that wait. Default 2. */
  readonly margin?: number;
  /** Default 1 s. */
  readonly leastMs?: number;
  /** Default 30 s. */
  readonly mostMs?: number;
  /** Keys of one group are waited for alike. Default: all. No more than a thousand groups are remembered. */
  readonly groupOf?: (key: string) => string;
  readonly clock?: Clock;
}

/** Waits that tell a quantile; until then the longest bound holds. */
const FEWEST = 20;
const MOST_GROUPS = 1000;

export class AdaptiveTimeoutLock extends DecoratedLock {
  readonly #options: Required<AdaptiveTimeoutOptions>;
  /** In the order in which they were last asked for. */
  readonly #groups = new Map<string, RecentWaits>();

  /** @throws RangeError */
  constructor(inner: Lock, options: AdaptiveTimeoutOptions = {}) {
    super(inner);
    const { quantile = 0.99, margin = 2, leastMs = 1000, mostMs = 30_000 } = options;
    const { groupOf = () => '', clock = systemClock } = options;
    if (!(quantile > 0 && quantile <= 1)) throw new RangeError(`quantile is ${quantile}, expected up to 1, and not 0`);
    if (!(margin >= 1)) throw new RangeError(`margin is ${margin}, expected at least 1`);
    if (!(leastMs >= 0 && mostMs >= leastMs))
      throw new RangeError(`leastMs and mostMs are ${leastMs} and ${mostMs}, expected at least 0, and in this order`);
    this.#options = { quantile, margin, leastMs, mostMs, groupOf, clock };
  }

  /** What a call for this key that does not say how long would wait at most, in milliseconds. */
  timeoutMs(key: string): number {
    const { quantile, margin, leastMs, mostMs, groupOf } = this.#options;
    const waits = this.#groups.get(groupOf(key));
    if (waits === undefined || waits.count < FEWEST) return mostMs;
    return Math.min(mostMs, Math.max(leastMs, margin * waits.quantile(quantile)));
  }

  /** A call that says how long it will wait waits so long. */
  override async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const { clock } = this.#options;
    const { timeoutMs = this.timeoutMs(key) } = options;
    const startedAt = clock.now();
    const note = (): void => this.#waitsOf(key).add(clock.now() - startedAt);
    try {
      const lease = await this.inner.acquire(key, { ...options, timeoutMs });
      note();
      return lease;
    } catch (error) {
      // A wait in vain counts as what it took: of granted ones alone, the bound would have cut off all that are longer.
      if (isLockError(error) && error.code === 'LOCK_TIMEOUT') note();
      throw error;
    }
  }

  #waitsOf(key: string): RecentWaits {
    const group = this.#options.groupOf(key);
    const waits = this.#groups.get(group) ?? new RecentWaits();
    this.#groups.delete(group);
    this.#groups.set(group, waits);
    const [oldest] = this.#groups.keys();
    if (this.#groups.size > MOST_GROUPS && oldest !== undefined) this.#groups.delete(oldest);
    return waits;
  }
}
