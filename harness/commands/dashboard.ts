/** A dashboard for Grafana of what `observed` counts. */
import { failures, meanWait, success, sum } from './promql.ts';

interface Panel {
  readonly title: string;
  readonly unit: string;
  /** What a line is called → PromQL. */
  readonly lines: Readonly<Record<string, string>>;
}

const LINE = '{{lock}} {{pattern}}';
const BY = 'lock, pattern';
const RANGE = '1m';
const rate = (name: string): string => sum(BY, `rate(holdfast_lock_${name}[${RANGE}])`);
const quantile = (of: 'wait' | 'hold', share: number): string =>
  `histogram_quantile(${share}, sum by (${BY}, le) (rate(holdfast_lock_${of}_seconds_bucket[${RANGE}])))`;

const PANELS: readonly Panel[] = [
  { title: 'Grants a second', unit: 'ops', lines: { [LINE]: rate('grants_total') } },
  { title: 'Success', unit: 'percentunit', lines: { [LINE]: success(BY, RANGE) } },
  { title: 'Failures a second', unit: 'ops', lines: { [LINE]: failures(BY, 'rate', RANGE) } },
  {
    title: 'Errors by code',
    unit: 'ops',
    lines: { '{{lock}} {{code}}': sum('lock, code', `rate(holdfast_lock_errors_total[${RANGE}])`) },
  },
  { title: 'Mean wait', unit: 's', lines: { [LINE]: meanWait(BY, RANGE) } },
  {
    title: 'Wait, p50 and p99',
    unit: 's',
    lines: { [`${LINE} p50`]: quantile('wait', 0.5), [`${LINE} p99`]: quantile('wait', 0.99) },
  },
  {
    title: 'Hold, p50 and p99',
    unit: 's',
    lines: { [`${LINE} p50`]: quantile('hold', 0.5), [`${LINE} p99`]: quantile('hold', 0.99) },
  },
  {
    title: 'Held and waiting',
    unit: 'short',
    lines: { [`${LINE} held`]: sum(BY, 'holdfast_lock_active'), [`${LINE} waiting`]: sum(BY, 'holdfast_lock_waiting') },
  },
  {
    title: 'Renewals and their failures a second',
    unit: 'ops',
    lines: { [LINE]: rate('renewals_total'), [`${LINE} failed`]: rate('renewal_failures_total') },
  },
  {
    title: 'Leases lost, in 5 minutes',
    unit: 'short',
    lines: { [LINE]: sum(BY, 'increase(holdfast_lock_losses_total[5m])') },
  },
];

const WIDTH = 12;
const HEIGHT = 8;

/** As Grafana imports it. */
export function dashboard(): object {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  return {
    ...{ title: 'Locks (Holdfast)', uid: 'holdfast-locks', schemaVersion: 39, refresh: '10s', tags: ['holdfast'] },
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    panels: PANELS.map(({ title, unit, lines }, index) => ({
      ...{ id: index + 1, type: 'timeseries', title, datasource },
      gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: Object.entries(lines).map(([legendFormat, expr], line) => ({
        ...{ refId: String.fromCharCode(65 + line), datasource, expr, legendFormat },
      })),
    })),
  };
}
