/**
 * `benchmark.json` and `benchmark-throughput.json`: the entries that dashboards of benchmarks read, such as the custom tools
 * of github-action-benchmark. Such a tool takes smaller for better, or bigger, throughout one file; hence two.
 */
import type { LockReport, Report } from '../harness/report/report.ts';
import type { Reporter } from './reporter.ts';
import { isSimulated, LATENCIES } from './wording.ts';

export interface BenchmarkEntry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** From the least to the greatest of the rounds. */
  readonly range?: string;
  readonly extra?: string;
}

/** Milliseconds and shares: smaller is better. */
export function smallerIsBetter(report: Report): BenchmarkEntry[] {
  return measured(report).flatMap(([label, lock]) => [
    ...LATENCIES.flatMap((name) => {
      const latency = name === 'hold' ? undefined : lock.latency[name];
      if (latency === undefined || latency.count === 0) return [];
      const entry = (what: 'p50' | 'p99'): BenchmarkEntry => ({
        name: `${label}: ${name} ${what}`,
        unit: 'ms',
        value: latency[what],
        extra: `${latency.count} samples`,
      });
      return [entry('p50'), entry('p99')];
    }),
    ...(lock.load === undefined ? [] : [{ name: `${label}: errors`, unit: 'count', value: errorsOf(lock) }]),
  ]);
}

/** Cycles per second: bigger is better. */
export function biggerIsBetter(report: Report): BenchmarkEntry[] {
  return measured(report).flatMap(([label, { throughput, load }]) => {
    if (throughput === undefined) return [];
    const rounds = (load?.rounds ?? []).map((round) => round.throughput);
    const entry = { name: `${label}: throughput`, unit: 'cycles/s', value: throughput };
    if (rounds.length < 2) return [entry];
    const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
    return [{ ...entry, range: `${Math.round(least)}-${Math.round(most)}`, extra: `${rounds.length} rounds` }];
  });
}

/** With names that tell them apart; what was simulated measures nothing. */
function measured({ locks, comparison }: Report): readonly (readonly [string, LockReport])[] {
  return locks.flatMap((lock, index) => {
    const label = comparison?.rows.find((row) => row.lock === index)?.label ?? lock.name;
    return isSimulated(lock) ? [] : [[label, lock] as const];
  });
}

const errorsOf = ({ load }: LockReport): number => (load?.errors ?? []).reduce((sum, { count }) => sum + count, 0);

const rendered = (entries: readonly BenchmarkEntry[]): string => `${JSON.stringify(entries, undefined, 2)}\n`;

export const benchmarkReporter: Reporter = {
  format: 'benchmark',
  fileName: 'benchmark.json',
  render: (report) => rendered(smallerIsBetter(report)),
};

export const throughputReporter: Reporter = {
  format: 'benchmark-throughput',
  fileName: 'benchmark-throughput.json',
  render: (report) => rendered(biggerIsBetter(report)),
};
