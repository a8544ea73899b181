/** The metrics by the names under which monitoring systems know them: one table, from which every format is made. */
import { BUCKETS_S } from './metrics.ts';
import type { Durations, LockMetrics, Series } from './metrics.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** `suffix`: what of a histogram it is. */
  readonly samples: readonly { readonly labels: Labels; readonly value: number; readonly suffix?: string }[];
}

type Samples = Family['samples'];
type Of = (series: Series) => Samples;

const QUANTILES = [0.5, 0.9, 0.99, 0.999] as const;

const number =
  (name: keyof Series): Of =>
  (series) => [{ labels: {}, value: Number(series[name]) }];
const byLabel =
  (label: string, of: (series: Series) => ReadonlyMap<string, number>): Of =>
  (series) =>
    [...of(series)].map(([name, value]) => ({ labels: { [label]: name }, value }));

function buckets({ buckets: counts, count, sumMs }: Durations): Samples {
  let below = 0;
  const bounds = BUCKETS_S.map((bound, index) => {
    below += counts[index] ?? 0;
    return { labels: { le: String(bound) }, value: below, suffix: '_bucket' };
  });
  return [
    ...bounds,
    { labels: { le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels: {}, value: sumMs / 1000, suffix: '_sum' },
    { labels: {}, value: count, suffix: '_count' },
  ];
}

function quantiles({ histogram, count }: Durations): Samples {
  if (histogram === undefined || count === 0) return [];
  return QUANTILES.map((quantile) => ({
    labels: { quantile: String(quantile) },
    value: histogram.getValueAtPercentile(quantile * 100) / 1e6,
  }));
}

/** Name, type, help, and what of a series it is. */
export const FAMILIES: readonly (readonly [string, Family['type'], string, Of])[] = [
  ['holdfast_lock_attempts_total', 'counter', 'Calls of acquire and tryAcquire.', number('attempts')],
  ['holdfast_lock_grants_total', 'counter', 'Attempts that were granted.', number('grants')],
  ['holdfast_lock_busy_total', 'counter', 'Calls of tryAcquire that found somebody else.', number('busy')],
  ['holdfast_lock_timeouts_total', 'counter', 'Waits whose time was up.', number('timeouts')],
  [
    'holdfast_lock_errors_total',
    'counter',
    'Attempts that failed, by code.',
    byLabel('code', (series) => series.errors),
  ],
  ['holdfast_lock_wait_seconds', 'histogram', 'From the call to the grant.', (series) => buckets(series.wait)],
  [
    'holdfast_lock_hold_seconds',
    'histogram',
    'From the grant to the call of release.',
    (series) => buckets(series.hold),
  ],
  ['holdfast_lock_wait_quantile_seconds', 'gauge', 'The same, exact to 1 %.', (series) => quantiles(series.wait)],
  ['holdfast_lock_hold_quantile_seconds', 'gauge', 'The same, exact to 1 %.', (series) => quantiles(series.hold)],
  ['holdfast_lock_renewals_total', 'counter', 'Extensions of leases.', number('renewals')],
  ['holdfast_lock_renewal_failures_total', 'counter', 'Calls of renew that failed.', number('renewalFailures')],
  ['holdfast_lock_losses_total', 'counter', 'Leases that ended before their release.', number('losses')],
  [
    'holdfast_lock_releases_total',
    'counter',
    'Releases, by what was answered.',
    byLabel('outcome', (series) => series.releases),
  ],
  ['holdfast_lock_waiting', 'gauge', 'Attempts that are under way.', number('waiting')],
  ['holdfast_lock_active', 'gauge', 'Leases that are held.', number('active')],
];

export function familiesOf(metrics: LockMetrics): Family[] {
  const all = metrics.series();
  return FAMILIES.map(([name, type, help, of]) => ({
    ...{ name, type, help },
    samples: all.flatMap((series) =>
      of(series).map((sample) => ({
        ...sample,
        labels: { lock: series.lock, pattern: series.pattern, ...sample.labels },
      })),
    ),
  }));
}
