/** Ranks only where the difference is real. */
import type { Round } from '../report/load.ts';
import { logsOf, type Metric } from '../gates/metrics.ts';
import { pairedEstimate, shiftEstimate } from '../base/statistics.ts';

/**
 * How sure a difference of two locks must be. With six rounds that take turns it is reached when one lock was the better in
 * each of them.
 */
export const CONFIDENCE = 0.95;
/** With fewer, signed ranks prove nothing: 2 · 2^-5 is more than 5 %. */
export const LEAST_ROUNDS = 6;

/**
 * Is `one` really better than `other`? `paired`: round i of both was measured in the same turn. With too few rounds
 * nothing is real.
 */
export function isReallyBetter(
  metric: Metric,
  one: readonly Round[],
  other: readonly Round[],
  paired: boolean,
): boolean {
  const [first, second] = [logsOf(metric, one), logsOf(metric, other)];
  const { interval } =
    paired && first.length === second.length
      ? pairedEstimate(
          first.map((log, index) => log - (second[index] ?? log)),
          CONFIDENCE,
        )
      : shiftEstimate(second, first, CONFIDENCE);
  if (interval === undefined) return false;
  return metric.better === 'higher' ? interval.low > 0 : interval.high < 0;
}

/**
 * For each entry 1 + how many of the others are really better; entries without rounds have none, and none against them.
 * `paired`: whether the entries of those two indices were measured in turns.
 */
export function ranksOf(
  metric: Metric,
  entries: readonly (readonly Round[] | undefined)[],
  paired: (one: number, other: number) => boolean,
): (number | undefined)[] {
  return entries.map((rounds, index) => {
    if (rounds === undefined) return undefined;
    const better = entries.filter(
      (other, at) => at !== index && other !== undefined && isReallyBetter(metric, other, rounds, paired(at, index)),
    );
    return 1 + better.length;
  });
}
