/** From measured locks to a comparison: figures, ranks, guarantees, changes against a baseline, and the guide. */
import type { Claims } from '../../implementations/claims.ts';
import { FALSE_ALARMS, judgeChanges, type Limits } from '../gates/change.ts';
import { METRICS, type Metric } from '../gates/metrics.ts';
import { medianEstimate } from '../gates/statistics.ts';
import type { Load, Round } from '../load/load-report.ts';
import type { LockReport, Report } from '../verdict/report.ts';
import type { Comparison, Figure, Row } from './comparison.ts';
import { guaranteesOf } from './guarantees.ts';
import { guideOf } from './guide.ts';
import { CONFIDENCE, isReallyBetter, ranksOf } from './ranks.ts';

export interface Entry {
  readonly label: string;
  readonly report: LockReport;
  /** Of the lock's module; absent where it is not at hand. */
  readonly claims?: Claims;
  readonly machine: Report['machine'];
  /** Entries of one turn took turns: round i of each was measured at about the same time. Absent: on its own. */
  readonly turn?: number;
}

export interface BaselineEntry extends Entry {
  readonly limits: Limits;
  /** How often the rounds may have been looked at before they were called enough; default: once. */
  readonly looks?: number;
}

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
  const [limits] = baselines.map((baseline) => baseline.limits);
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
    ...(limits === undefined
      ? {}
      : {
          baseline: {
            name: baselineName ?? baselines.map(({ label }) => label).join(', '),
            interleaved: entries.every((entry) => tookTurns(baselines[0], entry)),
            limits,
            ...changesOf(entries, baselines),
          },
        }),
  };
}

const tookTurns = (one: Entry | undefined, other: Entry | undefined): boolean =>
  one?.turn !== undefined && one.turn === other?.turn;

export const roundsOf = ({ load }: LockReport): readonly Round[] => load?.rounds ?? [];

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
  const broken = cells.find(
    ({ claim, verdict }) => verdict === 'violated' && (claim === 'holds' || claim === 'unavailable'),
  );
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
  return { by: first.mode === 'closed' ? 'throughput' : 'acquire p99' };
}

const nameOf = ({ cpu, cores }: Report['machine']): string => `${cores} × ${cpu}`;

/** The first setting in which two loads differ. */
export function differenceOf(one: Load, other: Load): string | undefined {
  const settings = [
    'mode',
    'arrivals',
    'scenario',
    'workers',
    'clientsPerWorker',
    'keys',
    'keySkew',
    'holdMs',
    'thinkMs',
  ] as const;
  const different = settings.find((name) => String(one[name]) !== String(other[name]));
  if (different !== undefined) return `${different} ${String(one[different])} and ${String(other[different])}`;
  const [offered, otherOffered] = [one.offered?.perSecond, other.offered?.perSecond];
  return offered === otherOffered ? undefined : `offered ${offered} and ${otherOffered} a second`;
}

function changesOf(
  entries: readonly Entry[],
  baselines: readonly BaselineEntry[],
): Pick<NonNullable<Comparison['baseline']>, 'changes' | 'notes'> {
  const notes: string[] = [];
  const changes = entries.flatMap((entry) => {
    const baseline = baselines.find((one) => isCounterpart(one, entry));
    if (baseline === undefined || baseline.report === entry.report) return [];
    const trouble = incomparable(baseline, entry);
    if (trouble !== undefined) {
      notes.push(`${entry.label}: ${trouble}`);
      return [];
    }
    const measured = { label: entry.label, rounds: roundsOf(entry.report) };
    return judgeChanges(roundsOf(baseline.report), measured, {
      paired: tookTurns(baseline, entry),
      limits: baseline.limits,
      looks: baseline.looks ?? 1,
    });
  });
  if (changes.length === 0 && notes.length === 0) notes.push('no lock of this comparison is in the baseline');
  return { changes, notes };
}

/** A baseline that took turns with the candidates is for all of them; stored ones are each for their own lock. */
function isCounterpart(baseline: BaselineEntry, entry: Entry): boolean {
  if (tookTurns(baseline, entry)) return true;
  const [one, other] = [baseline.report, entry.report];
  return one.name === other.name && one.backend.topology === other.backend.topology;
}

function incomparable(baseline: Entry, entry: Entry): string | undefined {
  const [before, after] = [baseline.report.load, entry.report.load];
  if (before === undefined || before.rounds.length === 0) return 'the baseline has no benchmark of it';
  if (after === undefined || after.rounds.length === 0) return 'it was not benchmarked';
  const [was, is] = [nameOf(baseline.machine), nameOf(entry.machine)];
  if (was !== is) return `the baseline was measured on another machine (${was}; this is ${is})`;
  const different = differenceOf(before, after);
  return different === undefined ? undefined : `the baseline was given something else to do: ${different}`;
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
