/** Throughput and latency over time, one above the other, with the windows of the faults shaded. */
import type { Load } from '../../harness/report/load.ts';
import { hazardName, shortened } from '../wording.ts';
import { AXIS_TEXT, WIDTH, drawn, latencyAxis, upAxis, valueAxis } from './chart.ts';
import type { Markup } from './markup.ts';

type Point = readonly [number, number | null];

const LEFT = 76;
const RIGHT = 92;
/** Width of a letter, about. */
const LETTER = 7.5;

export function overTimeSvg({ series, faults }: Load, id: string, label: string): Markup {
  const [first, second] = series;
  const stepMs = first === undefined || second === undefined ? 1000 : second.atMs - first.atMs;
  const end = ((series.at(-1)?.atMs ?? 0) + stepMs) / 1000;
  const shading = {
    silent: true,
    itemStyle: { color: 'var(--fault)', opacity: 0.22 },
    data: faults.map(({ fromMs, toMs }) => [{ xAxis: fromMs / 1000 }, { xAxis: Math.max(toMs, fromMs + 1) / 1000 }]),
  };
  const names = {
    ...shading,
    label: { show: true, ...AXIS_TEXT, position: 'insideTop', distance: -18 },
    data: namesOf(faults, end).map((name, index) => [
      { ...shading.data[index]?.[0], name },
      { ...shading.data[index]?.[1] },
    ]),
  };
  const line = (name: string, colour: number, pane: number, data: readonly Point[], markArea: object): object => ({
    type: 'line',
    name,
    xAxisIndex: pane,
    yAxisIndex: pane,
    data,
    symbol: data.length > 1 ? 'none' : 'circle',
    silent: true,
    connectNulls: false,
    lineStyle: { width: 2, color: `var(--series-${colour})`, type: colour === 3 ? [8, 4] : 'solid' },
    itemStyle: { color: `var(--series-${colour})` },
    endLabel: { show: true, formatter: () => name, color: `var(--series-${colour})`, fontSize: 13, distance: 6 },
    labelLayout: { moveOverlap: 'shiftY' },
    markArea,
  });
  // A point stands in the middle of its stretch.
  const at = (ms: number): number => (ms + stepMs / 2) / 1000;
  /** Where nothing was granted the line is broken. */
  const waits = (percentile: 'p50' | 'p99'): Point[] =>
    series.map(({ atMs, acquire }) => [at(atMs), acquire === undefined ? null : Math.max(acquire[percentile], 0.001)]);
  return drawn(
    { id, label, height: 440 },
    {
      grid: [
        { left: LEFT, right: RIGHT, top: 28, height: 160 },
        { left: LEFT, right: RIGHT, top: 216, height: 160 },
      ],
      xAxis: [
        { ...valueAxis('', 0), gridIndex: 0, min: 0, max: end, axisLabel: { show: false } },
        { ...valueAxis('seconds', 30), gridIndex: 1, min: 0, max: end },
      ],
      yAxis: [
        { ...upAxis('cycles/s', 58), gridIndex: 0 },
        { ...latencyAxis(58), name: 'acquire, ms', gridIndex: 1 },
      ],
      series: [
        line(
          'cycles/s',
          1,
          0,
          series.map(({ atMs, throughput }) => [at(atMs), throughput]),
          names,
        ),
        line('p50', 2, 1, waits('p50'), shading),
        line('p99', 3, 1, waits('p99'), {}),
      ],
    },
  );
}

/** The names of the faults, in their order; empty for those without room beside the one before. The table has them all. */
function namesOf(faults: Load['faults'], endSeconds: number): string[] {
  const pixels = (ms: number): number => LEFT + (ms / 1000 / endSeconds) * (WIDTH - LEFT - RIGHT);
  let taken = 0;
  const inOrder = faults.toSorted((one, other) => one.fromMs - other.fromMs);
  const names = new Map(
    inOrder.map((fault) => {
      const { fromMs, toMs, hazard, bit } = fault;
      const name = shortened(`${hazardName(hazard)}${bit ? '' : ' (did not bite)'}`, 32);
      const half = (name.length * LETTER) / 2;
      const middle = (pixels(fromMs) + pixels(toMs)) / 2;
      if (middle - half < taken || middle + half > WIDTH) return [fault, ''];
      taken = middle + half;
      return [fault, name];
    }),
  );
  return faults.map((fault) => names.get(fault) ?? '');
}
