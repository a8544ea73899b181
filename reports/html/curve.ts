/** Latency by percentile as an SVG drawn by ECharts, the x axis logarithmic towards 100 % as HdrHistogram plots it. */
import type { Latency } from '../../harness/report/report.ts';
import { shortened } from '../wording.ts';
import { AXIS_TEXT, drawn, latencyAxis, valueAxis } from './chart.ts';
import type { Markup } from './markup.ts';

const HEIGHT = 380;
/** Colours come from the style sheet: `--series-1` and so on. Lines differ in their dashes too. */
const DASHES = ['solid', [8, 4], [2, 3], [10, 3, 2, 3], [4, 2], [14, 4]] as const;
export const MOST_CURVES = DASHES.length;

export interface Curve {
  readonly name: string;
  readonly latency: Latency;
}

/** At most `MOST_CURVES` curves in one picture; `id` is its own on the page, `label` its accessible name. */
export function curveSvg(curves: readonly Curve[], id: string, label: string): Markup {
  const shown = curves
    .slice(0, MOST_CURVES)
    .map(({ name, latency }) => ({ name: shortened(name, 24), points: pointsOf(latency) }));
  const reach = Math.max(...shown.flatMap(({ points }) => points.map(([x]) => x)), 10);
  const nameWidth = Math.max(...shown.map(({ name }) => name.length)) * 7.5;
  return drawn(
    { id, label, height: HEIGHT },
    {
      grid: { left: 64, right: 20 + nameWidth, top: 16, bottom: 48, containLabel: false },
      xAxis: {
        ...valueAxis('percentile', 30),
        type: 'log',
        logBase: 10,
        min: 1,
        max: reach,
        axisLabel: { ...AXIS_TEXT, formatter: percentileName },
      },
      yAxis: latencyAxis(46),
      series: shown.map(({ name, points }, index) => ({
        type: 'line',
        name,
        data: points.map(([x, y]) => [x, y]),
        symbol: 'none',
        silent: true,
        lineStyle: { width: 2, color: `var(--series-${index + 1})`, type: DASHES[index] },
        endLabel: { show: true, formatter: () => name, color: `var(--series-${index + 1})`, fontSize: 13, distance: 6 },
        labelLayout: { moveOverlap: 'shiftY' },
      })),
    },
  );
}

/** [1 / (1 − percentile), milliseconds]; the 100th percentile, which lies at infinity, ends at the last sample. */
function pointsOf(latency: Latency): readonly (readonly [number, number])[] {
  const { p50, p90, p99, p999, max } = latency;
  const measured = latency.curve ?? [
    [50, p50],
    [90, p90],
    [99, p99],
    [99.9, p999],
    [100, max],
  ];
  const points = new Map<number, number>();
  for (const [percentile, ms] of measured) {
    points.set(Math.min(1 / (1 - percentile / 100), Math.max(latency.count, 1)), Math.max(ms, 0.001));
  }
  return [...points];
}

/** 10 → `90 %`, 1000 → `99.9 %`. */
function percentileName(x: number): string {
  if (x <= 1) return '0 %';
  const nines = Math.round(Math.log10(x));
  return `${(100 * (1 - 10 ** -nines)).toFixed(Math.max(nines - 2, 0))} %`;
}
