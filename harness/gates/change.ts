/**
 * Has a lock become slower? Each metric is judged by the ratio of candidate to baseline over the rounds.
 *
 * A regression is a loss that reaches the limit *and* lies outside the noise: the whole interval is on the wrong side.
 * Because the interval is exact whatever the noise, one lock measured against itself is called slower by chance at most
 * `FALSE_ALARMS` of the times, all metrics together, however noisy the machine; the limit makes it rarer still.
 */
import { COMPARED, type Change } from '../report/comparison.ts';
import type { Round } from '../report/load.ts';
import { logsOf, METRICS, type Metric } from './metrics.ts';
import { median, pairedEstimate, shiftEstimate, type Estimate } from '../base/statistics.ts';

/** Shares: 0.1 is 10 %. */
export interface Limits {
  readonly warn: number;
  readonly fail: number;
}

/** Against rounds that took turns with the candidate's. */
export const INTERLEAVED_LIMITS: Limits = { warn: 0.05, fail: 0.1 };
/** Against a stored run: machines are not equally fast at all times, which the rounds of one run do not show. */
export const STORED_LIMITS: Limits = { warn: 0.1, fail: 0.2 };

export const FALSE_ALARMS = 0.05;

/**
 * After how many rounds a change is looked at, until it is settled: few suffice on a quiet machine. The allowance for false
 * alarms is shared out among the looks, as among the metrics (Bonferroni).
 */
export const LOOKS: readonly number[] = [8, 16, 32];

/** Of one metric at one look, one side. */
const alarmsOf = (looks: number): number => FALSE_ALARMS / COMPARED.length / looks;
/** The fewest pairs of rounds from which a signed-rank interval of that confidence can be had: 2^-n is the least tail. */
export const leastRounds = (looks: number): number => Math.ceil(-Math.log2(alarmsOf(looks)));

export interface Measured {
  readonly label: string;
  readonly rounds: readonly Round[];
}

export interface Judging {
  /** Round i of both was measured in the same turn. */
  readonly paired: boolean;
  readonly limits: Limits;
  /** How often the rounds are looked at, at most. */
  readonly looks: number;
}

/** One change for each metric. */
export function judgeChanges(baseline: readonly Round[], candidate: Measured, judging: Judging): Change[] {
  return METRICS.map((metric) => judgeChange(metric, baseline, candidate, judging));
}

/** Would more rounds not change what is said of the throughput: lost for sure, or for sure not lost? */
export function isSettled(changes: readonly Change[], { fail }: Limits): boolean {
  return changes
    .filter(({ metric }) => metric === 'throughput')
    .every(({ verdict, lossHigh }) => verdict === 'regressed' || (lossHigh !== undefined && lossHigh < fail));
}

function judgeChange(
  metric: Metric,
  baseline: readonly Round[],
  { label, rounds }: Measured,
  { paired, limits, looks }: Judging,
): Change {
  const confidence = 1 - 2 * alarmsOf(looks);
  const [before, after] = [logsOf(metric, baseline), logsOf(metric, rounds)];
  const estimate = paired
    ? pairedEstimate(
        after.slice(0, before.length).map((log, index) => log - (before[index] ?? log)),
        confidence,
      )
    : shiftEstimate(before, after, confidence);
  const change = {
    label,
    metric: metric.name,
    baseline: median(baseline.map(metric.of)),
    candidate: median(rounds.map(metric.of)),
    ...lossOf(metric, estimate),
  };
  return { ...change, ...verdictOf(change, limits, looks) };
}

type Loss = Pick<Change, 'loss' | 'lossLow' | 'lossHigh' | 'confidence'>;

function lossOf({ better }: Metric, { value, interval }: Estimate): Loss {
  const loss = (log: number): number => (better === 'higher' ? 1 - Math.exp(log) : Math.exp(log) - 1);
  if (interval === undefined) return { loss: loss(value) };
  const [lossLow = 0, lossHigh = 0] = [loss(interval.low), loss(interval.high)].toSorted((a, b) => a - b);
  return { loss: loss(value), lossLow, lossHigh, confidence: interval.confidence };
}

function verdictOf(
  { loss, lossLow, lossHigh }: Loss,
  { warn, fail }: Limits,
  looks: number,
): Pick<Change, 'verdict' | 'note'> {
  if (lossLow === undefined || lossHigh === undefined)
    return {
      verdict: 'inconclusive',
      note: `too few rounds to tell it from noise: at least ${leastRounds(looks)} are needed`,
    };
  const isReal = lossLow > 0;
  if (isReal && loss >= fail) return { verdict: 'regressed' };
  if (isReal && loss >= warn) return { verdict: 'warning' };
  // Twice the limit would not have been noticed for sure: this measured the machine, not the lock.
  if (lossHigh >= 2 * fail)
    return { verdict: 'inconclusive', note: `the noise hides a loss of up to ${percent(lossHigh)}` };
  if (loss >= fail) return { verdict: 'warning', note: 'perhaps noise: more rounds would tell' };
  if (lossHigh < 0 && -loss >= warn) return { verdict: 'improved' };
  return lossHigh >= fail
    ? { verdict: 'unchanged', note: `a loss of up to ${percent(lossHigh)} is not excluded` }
    : { verdict: 'unchanged' };
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `inconclusive` only for what the gate rests on: tail latencies of short rounds are often too noisy to tell. */
export function gateOf(changes: readonly Change[]): 'passed' | 'regressed' | 'inconclusive' {
  if (changes.some(({ verdict }) => verdict === 'regressed')) return 'regressed';
  const unsure = changes.some(({ metric, verdict }) => metric === 'throughput' && verdict === 'inconclusive');
  return unsure || changes.length === 0 ? 'inconclusive' : 'passed';
}
