/** What is counted of locks, by lock and pattern of key. Counting is a few additions; names are looked up once a key. */

/** A histogram of whole microseconds: those of `hdr-histogram-js` are such. */
export interface ValueHistogram {
  recordValue(value: number): void;
  getValueAtPercentile(percentile: number): number;
}

export interface LockMetricsOptions {
  /** Makes a histogram from which quantiles are read; without it there are buckets only. */
  readonly histogram?: () => ValueHistogram;
  /** The group of keys that a key is counted in. Default: numbers and long hexadecimal words become `*`. */
  readonly patternOf?: (key: string) => string;
  /** So many patterns are told apart; keys of others are counted together as `other`. Default 100. */
  readonly mostPatterns?: number;
}

/** Upper bounds of the buckets in seconds. */
export const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** The longest time that is recorded as it is, in microseconds: ten minutes. */
export const LONGEST_US = 600_000_000;

export class Durations {
  /** One for each bound, and one for what is longer. Not cumulative. */
  readonly buckets: number[] = Array.from({ length: BUCKETS_S.length + 1 }, () => 0);
  readonly histogram: ValueHistogram | undefined;
  count = 0;
  sumMs = 0;

  constructor(histogram: ValueHistogram | undefined) {
    this.histogram = histogram;
  }

  record(ms: number): void {
    this.count += 1;
    this.sumMs += ms;
    const seconds = ms / 1000;
    let bucket = 0;
    while (bucket < BUCKETS_S.length && seconds > (BUCKETS_S[bucket] ?? 0)) bucket += 1;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.histogram?.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1000))));
  }
}

/** Codes of what happens in outages, and of callers who give up. */
const FORESEEN = ['LOCK_BACKEND_UNAVAILABLE', 'LOCK_OUTCOME_UNKNOWN', 'LOCK_ABORTED'];

/** Of one lock and one pattern of keys. */
export class Series {
  readonly lock: string;
  readonly pattern: string;
  attempts = 0;
  grants = 0;
  busy = 0;
  timeouts = 0;
  renewals = 0;
  /** Of calls of `renew`; a renewal in the background that fails is told by a loss, or made good by the next. */
  renewalFailures = 0;
  /** Leases that ended before their release. */
  losses = 0;
  waiting = 0;
  active = 0;
  /** By the code of the error. Counted from 0: of a counter that begins above it, Prometheus does not see the beginning. */
  readonly errors = new Map<string, number>(FORESEEN.map((code) => [code, 0]));
  /** By what the release answered. */
  readonly releases = new Map<string, number>();
  /** From the call to the grant, of what was granted. */
  readonly wait: Durations;
  /** From the grant to the call of release: the time that the release takes is no longer a hold. */
  readonly hold: Durations;

  constructor(lock: string, pattern: string, histogram: () => ValueHistogram | undefined) {
    this.lock = lock;
    this.pattern = pattern;
    this.wait = new Durations(histogram());
    this.hold = new Durations(histogram());
  }
}

export class LockMetrics {
  readonly #histogram: () => ValueHistogram | undefined;
  readonly #patternOf: (key: string) => string;
  readonly #mostPatterns: number;
  readonly #series = new Map<string, Series>();
  readonly #beforeReading = new Set<() => void>();

  constructor({ histogram, patternOf = plainPattern, mostPatterns = 100 }: LockMetricsOptions = {}) {
    this.#histogram = histogram ?? (() => undefined);
    this.#patternOf = patternOf;
    this.#mostPatterns = mostPatterns;
  }

  /** @returns the series of a key of this lock; remembers the last keys, so that none is looked at twice. */
  of(lock: string): (key: string) => Series {
    const known = new Map<string, Series>();
    return (key) => {
      let series = known.get(key);
      if (series === undefined) {
        series = this.#seriesOf(lock, this.#patternOf(key));
        if (known.size >= MOST_KEYS) known.clear();
        known.set(key, series);
      }
      return series;
    };
  }

  /** Everything that was counted, up to now. */
  series(): Series[] {
    for (const look of this.#beforeReading) look();
    return [...this.#series.values()];
  }

  /** Calls `look` before each reading: what shows only when it is looked for is then counted. Returns the function that ends it. */
  beforeReading(look: () => void): () => void {
    this.#beforeReading.add(look);
    return () => this.#beforeReading.delete(look);
  }

  #seriesOf(lock: string, pattern: string): Series {
    const name = `${lock}\n${pattern}`;
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    if (this.#series.size >= this.#mostPatterns && pattern !== OTHER) return this.#seriesOf(lock, OTHER);
    const series = new Series(lock, pattern, this.#histogram);
    this.#series.set(name, series);
    return series;
  }
}

const MOST_KEYS = 10_000;
const OTHER = 'other';

/** `order:1234` is `order:*`. */
export function plainPattern(key: string): string {
  return key.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|\d+/gi, '*');
}
