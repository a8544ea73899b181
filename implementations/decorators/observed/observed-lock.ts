/** A lock that counts what is asked of it and what comes of that. */
import { systemClock } from '../../lease/clock.ts';
import type { Clock } from '../../lease/clock.ts';
import { isLockError } from '../../lock.ts';
import type { AcquireOptions, Lease, Lock, ReleaseOutcome, TryAcquireOptions } from '../../lock.ts';
import { DecoratedLock } from '../decorated-lock.ts';
import { LeaseWatch } from '../watched-lease.ts';
import { LockMetrics } from './metrics.ts';
import type { Series } from './metrics.ts';

export interface ObservedOptions {
  /** Where it is counted; may be shared by many locks. Default: its own, `lock.metrics`. */
  readonly metrics?: LockMetrics;
  /** What the lock is called in the metrics. Default `lock`. */
  readonly name?: string;
  readonly clock?: Clock;
}

export class ObservedLock extends DecoratedLock {
  readonly metrics: LockMetrics;
  readonly #seriesOf: (key: string) => Series;
  readonly #clock: Clock;
  /** A lease that is lost and never released would count as active for ever: it is looked for when somebody reads. */
  readonly #held = new Set<ObservedLease>();

  constructor(inner: Lock, { metrics = new LockMetrics(), name = 'lock', clock = systemClock }: ObservedOptions = {}) {
    super(inner);
    this.metrics = metrics;
    this.#seriesOf = metrics.of(name);
    this.#clock = clock;
    metrics.beforeReading(() => {
      for (const held of this.#held) held.look();
    });
  }

  override async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const series = this.#seriesOf(key);
    const calledAt = begin(series, this.#clock);
    try {
      return this.#granted(series, calledAt, await this.inner.acquire(key, options));
    } catch (error) {
      throw failed(series, error);
    } finally {
      series.waiting -= 1;
    }
  }

  override async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    const series = this.#seriesOf(key);
    const calledAt = begin(series, this.#clock);
    try {
      const lease = await this.inner.tryAcquire(key, options);
      if (lease !== null) return this.#granted(series, calledAt, lease);
      series.busy += 1;
      return null;
    } catch (error) {
      throw failed(series, error);
    } finally {
      series.waiting -= 1;
    }
  }

  #granted(series: Series, calledAt: number, lease: Lease): Lease {
    const grantedAt = this.#clock.now();
    series.grants += 1;
    series.active += 1;
    series.wait.record(grantedAt - calledAt);
    return new ObservedLease(lease, series, { clock: this.#clock, grantedAt, held: this.#held }).watched();
  }
}

interface Surroundings {
  readonly clock: Clock;
  readonly grantedAt: number;
  readonly held: Set<ObservedLease>;
}

class ObservedLease extends LeaseWatch {
  readonly #series: Series;
  readonly #around: Surroundings;

  constructor(lease: Lease, series: Series, around: Surroundings) {
    super(lease);
    this.#series = series;
    this.#around = around;
    around.held.add(this);
    lease.onRenewed(() => {
      series.renewals += 1;
    });
  }

  /** Whether it has been lost, without waiting for anybody to say so. */
  look(): void {
    if (this.lease.remainingMs() <= 0) this.#end(true);
  }

  protected override async release(): Promise<ReleaseOutcome> {
    const { clock, grantedAt } = this.#around;
    this.#series.hold.record(clock.now() - grantedAt);
    const outcome = await this.lease.release();
    const { releases } = this.#series;
    releases.set(outcome, (releases.get(outcome) ?? 0) + 1);
    this.#end(outcome === 'lost');
    return outcome;
  }

  protected override async renew(): Promise<void> {
    try {
      await this.lease.renew();
    } catch (error) {
      this.#series.renewalFailures += 1;
      throw error;
    }
  }

  #end(lost: boolean): void {
    if (!this.#around.held.delete(this)) return;
    this.#series.active -= 1;
    if (lost) this.#series.losses += 1;
  }
}

function begin(series: Series, clock: Clock): number {
  series.attempts += 1;
  series.waiting += 1;
  return clock.now();
}

function failed(series: Series, error: unknown): unknown {
  const code = isLockError(error) ? error.code : 'OTHER';
  if (code === 'LOCK_TIMEOUT') series.timeouts += 1;
  else series.errors.set(code, (series.errors.get(code) ?? 0) + 1);
  return error;
}
