/** Whether a lock's report meets what was demanded. What was not measured is inconclusive, never met. */
import { isPromise } from 'holdfast-locks/internal/claims';
import type { Latency, LockReport, ThresholdResult } from '../report/report.ts';
import type { LatencyThreshold, Operator, OtherThreshold, Threshold } from './threshold.ts';

type Measured = { readonly value: number } | { readonly missing: string };

/** The report with what its thresholds came to, if there are some. */
export function withThresholds(report: LockReport, thresholds: readonly Threshold[]): LockReport {
  return thresholds.length === 0 ? report : { ...report, thresholds: judgeThresholds(report, thresholds) };
}

/** One result for each threshold, in their order. Pure: saved reports can be judged anew. */
export function judgeThresholds(report: LockReport, thresholds: readonly Threshold[]): ThresholdResult[] {
  return thresholds.map((threshold) => {
    const { expression, operator, limit } = threshold;
    const measured = threshold.kind === 'latency' ? latencyValue(report, threshold) : otherValue(report, threshold);
    if ('missing' in measured) return { expression, verdict: 'inconclusive', note: measured.missing };
    const { value } = measured;
    return { expression, measured: value, verdict: HOLDS[operator](value, limit) ? 'met' : 'missed' };
  });
}

const HOLDS: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
};

const missing = (why: string): Measured => ({ missing: why });
const valueOr = (value: number | undefined, why: string): Measured => (value === undefined ? missing(why) : { value });

function latencyValue({ latency, load }: LockReport, threshold: LatencyThreshold): Measured {
  const { metric, aggregation, operator } = threshold;
  const samples = latency[metric];
  if (samples === undefined || samples.count === 0) return missing('no samples');
  if (aggregation === 'count') return { value: samples.count };
  if (load?.saturated === true)
    return missing('saturated: more was offered than it can do, so the latency says how long the run was');
  if (aggregation === 'max') return { value: samples.max };
  if (aggregation === 'min') return valueOr(samples.min, 'the minimum was not recorded');
  if (aggregation === 'avg') return valueOr(samples.mean, 'the mean was not recorded');
  return { value: percentileOf(samples, aggregation.percentile, operator) };
}

/**
 * The value at a percentile, in milliseconds. Between two points of the recorded curve it is the one that makes the
 * demand harder to meet: the next above where it must be small, the next below where it must be large.
 */
export function percentileOf(latency: Latency, percentile: number, operator: Operator): number {
  const curve = pointsOf(latency);
  const exact = curve.find(([at]) => at === percentile);
  if (exact !== undefined) return exact[1];
  const above = curve.find(([at]) => at > percentile)?.[1] ?? latency.max;
  const below = curve.findLast(([at]) => at < percentile)?.[1] ?? 0;
  return operator === '>' || operator === '>=' ? below : above;
}

function pointsOf({ p50, p90, p99, p999, max, curve }: Latency): readonly (readonly [number, number])[] {
  const points = new Map<number, number>(curve);
  for (const [at, ms] of [
    [50, p50],
    [90, p90],
    [99, p99],
    [99.9, p999],
    [100, max],
  ] as const)
    points.set(at, ms);
  return [...points].toSorted(([a], [b]) => a - b);
}

function otherValue(report: LockReport, { metric, aggregation }: OtherThreshold): Measured {
  const { load } = report;
  switch (metric) {
    case 'throughput':
      return valueOr(report.throughput, 'no cycle was measured');
    case 'capacity':
      return valueOr(load?.saturation?.capacity, 'the capacity was not searched for');
    case 'cycles':
      return valueOr(load?.cycles, 'no load was measured');
    case 'errors':
      return errorsOf(report, aggregation);
    case 'dropped': {
      if (load?.offered === undefined || load.offered.arrivals === 0) return missing('no arrivals: not an open loop');
      const { dropped, arrivals } = load.offered;
      return { value: aggregation === 'count' ? dropped : dropped / arrivals };
    }
    case 'violations':
      return violationsOf(report);
    case 'oversold':
      return valueOr(load?.service?.oversold, 'the scenario sells nothing');
    case 'fairness':
      return valueOr(report.fairness, 'no grant was measured');
    case 'commands':
      return valueOr(report.commandsPerCycle, 'commands were not counted');
  }
}

/** Failed operations, as a count or as a share of the cycles that were tried. */
function errorsOf({ load }: LockReport, aggregation: OtherThreshold['aggregation']): Measured {
  if (load === undefined) return missing('no load was measured');
  const failed = load.errors.reduce((sum, { count }) => sum + count, 0);
  const tried = load.cycles + failed;
  if (tried === 0) return missing('nothing was tried');
  return { value: aggregation === 'count' ? failed : failed / tried };
}

/** Violations of what is promised, in cells that judged something. */
function violationsOf({ cells, load }: LockReport): Measured {
  const promised = cells.filter(({ claim }) => isPromise(claim));
  const violations = promised.reduce((sum, cell) => sum + cell.violations, 0);
  if (violations > 0) return { value: violations };
  if (load?.checked.verdict === 'violated') return { value: 1 };
  const judged = promised.some(({ verdict, operations }) => verdict === 'holds' && operations > 0);
  return judged ? { value: 0 } : missing('no operation was checked');
}
