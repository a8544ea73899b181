/** From measured locks to a comparison: figures, ranks, guarantees, changes against a baseline, and the guide. */
import { isPromise } from 'holdfast-locks/internal/claims';
import { FALSE_ALARMS } from '../gates/change.ts';
import { METRICS, type Metric } from '../gates/metrics.ts';
import { medianEstimate } from '../base/statistics.ts';
import type { LockReport } from '../report/report.ts';
import { heldAgainst, type BaselineEntry } from './baseline.ts';
import type { Comparison, Figure, Row } from '../report/comparison.ts';
import { differenceOf, nameOf } from './conditions.ts';
import { roundsOf, tookTurns, type Entry } from './entry.ts';
import { guaranteesOf } from './guarantees.ts';
import { guideOf } from './guide.ts';
import { CONFIDENCE, isReallyBetter, LEAST_ROUNDS, ranksOf } from './ranks.ts';

export interface CompareOptions {
  /** What the entries are held against: one that took turns with all of them, or stored ones, each for its own lock. */
  readonly baselines?: readonly BaselineEntry[];
  readonly baselineName?: string;
}

/** Pure. The entries stand in the report's `locks` in the same order. */
export function compareEntries(entries: readonly Entry[], options: CompareOptions = {}): Comparison {
  const { baselines = [], baselineName } = options;
  const interleaved = entries.every((entry) => tookTurns(entry, entries[0]));
  const ranked = rankingOf(entries);
  const metric = METRICS.find(({ name }) => name === ranked.by);
  const refusals = entries.map(({ report }) => refusalOf(report));
  const rounds = entries.map(({ report }, index) => (refusals[index] === undefined ? roundsOf(report) : undefined));
  const ranks =
    metric === undefined ? [] : ranksOf(metric, rounds, (one, other) => tookTurns(entries[one], entries[other]));
  const rows = entries.map((entry, index) => rowOf(entry, index, ranks[index], refusals[index]));
  const better = (one: Row, other: Row, by: Metric['name']): boolean => {
    const judged = METRICS.find(({ name }) => name === by);
    const [first = [], second = []] = [rounds[one.lock], rounds[other.lock]];
    return (
      judged !== undefined && isReallyBetter(judged, first, second, tookTurns(entries[one.lock], entries[other.lock]))
    );
  };
  const baseline = heldAgainst(entries, baselines, baselineName);
  return {
    interleaved,
    method: methodOf(interleaved),
    ...(ranked.by === undefined ? {} : { rankedBy: ranked.by }),
    ...(ranked.why === undefined ? {} : { unranked: ranked.why }),
    rows,
    guide: guideOf(
      entries.flatMap(({ report }, index) => {
        const row = rows[index];
        return row === undefined ? [] : [{ row, report }];
      }),
      better,
    ),
    ...(baseline === undefined ? {} : { baseline }),
  };
}

function rowOf(
  { report, claims, label }: Entry,
  lock: number,
  rank: number | undefined,
  refusal: string | undefined,
): Row {
  const figures = METRICS.map((metric) => [metric.name, figureOf(metric, report)] as const);
  return {
    lock,
    label,
    rounds: roundsOf(report).length,
    figures: Object.fromEntries(figures.filter(([, figure]) => figure !== undefined)),
    ...(refusal === undefined && rank !== undefined ? { rank } : {}),
    ...(refusal === undefined ? {} : { unranked: refusal }),
    guarantees: guaranteesOf(report, claims),
  };
}

/** Over the rounds; of a run without rounds, its one figure. */
function figureOf(metric: Metric, report: LockReport): Figure | undefined {
  const rounds = roundsOf(report);
  if (rounds.length > 0) {
    const { value, interval } = medianEstimate(rounds.map(metric.of), CONFIDENCE);
    return { median: value, ...interval };
  }
  const { throughput, latency } = report;
  const value = { throughput, 'acquire p50': latency.acquire?.p50, 'acquire p99': latency.acquire?.p99 }[metric.name];
  return value === undefined || report.backend.provisioner === 'sim' ? undefined : { median: value };
}

/** Why a lock has no rank, whatever its figures. */
function refusalOf(report: LockReport): string | undefined {
  const { load, cells, backend } = report;
  const broken = cells.find(({ claim, verdict }) => verdict === 'violated' && isPromise(claim));
  if (broken !== undefined)
    return `no rank: it breaks its claim on ${broken.property}${broken.hazard === 'none' ? '' : ` under ${broken.hazard}`}`;
  if (load?.checked.verdict === 'violated') return 'no rank: the history of its load shows a violation';
  if (backend.provisioner === 'sim') return 'no rank: simulated time measures nothing';
  if (load === undefined || load.rounds.length === 0) return 'no rank: no benchmark of it is in this comparison';
  if (load.checked.verdict === 'inconclusive') return 'no rank: the history of its load could not be judged';
  return load.saturated && load.mode === 'open' ? 'no rank: more was offered than it can do' : undefined;
}

/** By what the entries can be ranked at all: they must have had the same to do, on the same machine. */
function rankingOf(entries: readonly Entry[]): { readonly by?: Metric['name']; readonly why?: string } {
  const loads = entries.flatMap(({ report: { load } }) => (load === undefined ? [] : [load]));
  const [first] = loads;
  if (first === undefined) return { why: 'nothing was benchmarked' };
  const machines = new Set(
    entries.filter(({ report }) => report.load !== undefined).map(({ machine }) => nameOf(machine)),
  );
  if (machines.size > 1) return { why: 'they were measured on different machines' };
  const different = loads.map((load) => differenceOf(first, load)).find((difference) => difference !== undefined);
  if (different !== undefined) return { why: `they were not given the same to do: ${different}` };
  const fewest = Math.min(...loads.map(({ rounds }) => rounds.length));
  if (fewest < LEAST_ROUNDS) {
    return {
      why: `${fewest === 1 ? 'one round' : `${fewest} rounds`} cannot be told from noise: at least ${LEAST_ROUNDS} are needed ("compare --impl" measures locks in turns)`,
    };
  }
  return { by: first.mode === 'closed' ? 'throughput' : 'acquire p99' };
}

function methodOf(interleaved: boolean): string {
  const turns = interleaved
    ? 'All were measured in turns on one machine, in an order drawn anew for every round; what all rounds have in common cancels out in their ratios.'
    : 'Each was measured at a time of its own: what changed on the machine between them is not in the intervals.';
  const test = interleaved ? "Wilcoxon's signed ranks of the ratios" : 'the rank sums of Wilcoxon, Mann and Whitney';
  return (
    `${turns} Figures are medians of the rounds with intervals of order statistics (95 % where there are six rounds or more). ` +
    `One lock ranks before another only if the 95 % interval of their ratio, by ${test}, leaves out 1. ` +
    `Against a baseline, the same lock would be called slower by chance at most ${FALSE_ALARMS * 100} % of the times, all figures together.`
  );
}
