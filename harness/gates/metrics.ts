/** What is taken from the rounds of a benchmark to be compared. */
import type { COMPARED } from '../report/comparison.ts';
import type { Round } from '../report/load.ts';

export type MetricName = (typeof COMPARED)[number];

export interface Metric {
  readonly name: MetricName;
  readonly unit: 'cycles/s' | 'ms';
  readonly better: 'higher' | 'lower';
  readonly of: (round: Round) => number;
}

export const METRICS: readonly Metric[] = [
  { name: 'throughput', unit: 'cycles/s', better: 'higher', of: ({ throughput }) => throughput },
  { name: 'acquire p50', unit: 'ms', better: 'lower', of: ({ acquire }) => acquire.p50 },
  { name: 'acquire p99', unit: 'ms', better: 'lower', of: ({ acquire }) => acquire.p99 },
];

/** Ratios are judged, so that a round in which nothing happened must not be zero. */
const LEAST = 1e-6;

/** Natural logarithms: differences of them are ratios, and "half" weighs as much as "twice". */
export const logsOf = (metric: Metric, rounds: readonly Round[]): number[] =>
  rounds.map((round) => Math.log(Math.max(metric.of(round), LEAST)));
