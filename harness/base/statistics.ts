/**
 * Estimates from a few rounds, with intervals that assume nothing of how the noise is distributed: exact, by ranks.
 *
 * Rounds of a benchmark are few, skewed and now and then disturbed by the machine, so that means and normal intervals
 * mislead (Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems", SC 2015, rules 5 to 8).
 */

/** Covers the true value with probability `confidence`, which is at least the one that was asked for. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

export interface Estimate {
  readonly value: number;
  /** Absent where there are too few values for the confidence that was asked for. */
  readonly interval?: Interval;
}

/** Of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? NaN) + upper) / 2;
}

/**
 * The median of `values` and the narrowest interval of two order statistics, equally far from both ends, that covers the
 * median of the distribution with at least `confidence` (David and Nagaraja, "Order Statistics", 3rd ed., §7.1). Fewer than six values
 * cannot reach 95 %: then it is the widest, from the least to the greatest, with the confidence that it has.
 */
export function medianEstimate(values: readonly number[], confidence = 0.95): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  if (n < 2) return { value: median(sorted) };
  // How many of n values lie below the median is binomial.
  const below = distribution(Array.from({ length: n }, () => 1));
  return { value: median(sorted), interval: innermost(sorted, below, confidence) ?? widest(sorted) };
}

const widest = (sorted: readonly number[]): Interval => ({
  low: sorted[0] ?? NaN,
  high: sorted.at(-1) ?? NaN,
  confidence: 1 - 2 ** (1 - sorted.length),
});

/**
 * The centre of differences between pairs: the median of all averages of two (Hodges and Lehmann 1963), and the interval
 * that belongs to Wilcoxon's signed-rank test (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", §3.3).
 * Exact if, were there no difference, each sign would be as likely as the other: so it is where the order within a
 * pair was drawn by lot, whatever the noise. O(n² log n).
 */
export function pairedEstimate(differences: readonly number[], confidence = 0.95): Estimate {
  const averages = differences
    .flatMap((one, index) => differences.slice(index).map((other) => (one + other) / 2))
    .toSorted((a, b) => a - b);
  const ranks = distribution(differences.map((_, index) => index + 1));
  return withInterval(median(averages), innermost(averages, ranks, confidence));
}

/**
 * By how much `second` lies above `first`: the median of all differences (Hodges and Lehmann 1963), and the interval that
 * belongs to the rank-sum test of Wilcoxon, Mann and Whitney (the same book, §4.2 and §4.3). O(nm log nm).
 */
export function shiftEstimate(first: readonly number[], second: readonly number[], confidence = 0.95): Estimate {
  const differences = second.flatMap((b) => first.map((a) => b - a)).toSorted((a, b) => a - b);
  return withInterval(median(differences), innermost(differences, rankSums(first.length, second.length), confidence));
}

const withInterval = (value: number, interval: Interval | undefined): Estimate =>
  interval === undefined ? { value } : { value, interval };

/** From the (k + 1)th of `sorted` to the (k + 1)th from its end, with the largest k that leaves `confidence`. */
function innermost(sorted: readonly number[], below: readonly number[], confidence: number): Interval | undefined {
  let tail = 0;
  let found: Interval | undefined;
  for (let k = 0; 2 * k < sorted.length; k++) {
    tail += below[k] ?? 0;
    // What was asked for as 1 - 2/64 is not to fail by a rounding error.
    if (1 - 2 * tail < confidence - 1e-12) break;
    found = { low: sorted[k] ?? NaN, high: sorted[sorted.length - 1 - k] ?? NaN, confidence: 1 - 2 * tail };
  }
  return found;
}

/** Probability of each sum of the weights whose coin falls on heads. */
function distribution(weights: readonly number[]): readonly number[] {
  let probabilities = [1];
  for (const weight of weights) {
    const next = Array.from({ length: probabilities.length + weight }, () => 0);
    for (const [sum, probability] of probabilities.entries()) {
      next[sum] = (next[sum] ?? 0) + probability / 2;
      next[sum + weight] = (next[sum + weight] ?? 0) + probability / 2;
    }
    probabilities = next;
  }
  return probabilities;
}

/** Probability of each number of pairs (a, b) with a above b, for m and n values of one distribution (Mann and Whitney). */
function rankSums(m: number, n: number): readonly number[] {
  // Row by row: of i values of the first kind and j of the second, the greatest is of the first with i / (i + j).
  let row: (readonly number[])[] = Array.from({ length: n + 1 }, () => [1]);
  for (let i = 1; i <= m; i++) {
    const next: (readonly number[])[] = [[1]];
    for (let j = 1; j <= n; j++) {
      const [firstIsGreatest, secondIsGreatest] = [row[j] ?? [], next[j - 1] ?? []];
      const sums = Array.from({ length: i * j + 1 }, (_, sum) => {
        const fromFirst = (firstIsGreatest[sum - j] ?? 0) * (i / (i + j));
        return fromFirst + (secondIsGreatest[sum] ?? 0) * (j / (i + j));
      });
      next.push(sums);
    }
    row = next;
  }
  return row[n] ?? [1];
}
