/** Latencies: microseconds, three significant digits, and a way over process borders that loses no count. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** A summary of a histogram, in milliseconds. */
export interface Latency {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
  min?: number | undefined;
  mean?: number | undefined;
  /** [percentile from 0 to 100, milliseconds]: points of the HDR curve. */
  curve?: [number, number][] | undefined;
}

/** Ten minutes: what waited for longer counts as that. */
const HIGHEST_US = 600_000_000;

export function newHistogram(digits: 1 | 2 | 3 = 3): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: digits,
  });
}

/** An empty one for each name. */
export function newHistograms<Name extends string>(names: readonly Name[]): Readonly<Record<Name, Histogram>> {
  return Object.fromEntries(names.map((name) => [name, newHistogram()])) as Record<Name, Histogram>;
}

/** Times below a microsecond count as one. */
export function recordNs(into: Histogram, ns: number): void {
  into.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ns / 1000))));
}

export const encode = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram);

export const decode = (encoded: string): Histogram => decodeFromCompressedBase64(encoded);

/** The sum of histograms of the same digits. */
export function merged(parts: Iterable<Histogram>): Histogram {
  const sum = newHistogram();
  for (const part of parts) sum.add(part);
  return sum;
}

export const percentileMs = (histogram: Histogram, percentile: number): number =>
  histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1000;

const CURVE = [
  0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 98.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100,
];

export function latencyOf(histogram: Histogram): Latency {
  const at = (percentile: number): number => percentileMs(histogram, percentile);
  // Beyond the last sample the curve would only repeat it.
  const finest = 100 * (1 - 1 / histogram.totalCount);
  const curve = CURVE.filter((percentile) => percentile <= finest || percentile === 100).map(
    (percentile): [number, number] => [percentile, at(percentile)],
  );
  return {
    count: histogram.totalCount,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue / 1000,
    min: histogram.minNonZeroValue / 1000,
    mean: histogram.mean / 1000,
    curve,
  };
}

/** Of one stretch of a run. */
export function stretchLatency(histogram: Histogram): { p50: number; p90: number; p99: number; max: number } {
  const at = (percentile: number): number => percentileMs(histogram, percentile);
  return { p50: at(50), p90: at(90), p99: at(99), max: histogram.maxValue / 1000 };
}
