/** Who was granted before somebody who had asked earlier. */
import type { Lease } from './leases.ts';

/** Whoever waits in vain has given up some time before it says so: the lock may be handed on meanwhile. */
const waitedUntil = ({ acquire, answered }: Lease, allowance: number): number =>
  acquire === 'ok' ? answered : answered - allowance;

/**
 * Of each waiter, how many rivals asked more than `allowance` after it and were granted strictly before its wait ended, or,
 * if it waited in vain, by more than `allowance` before.
 * O(n log n) time, by going through both from the last call to the first and counting in a Fenwick tree over the grants.
 */
export function countBypasses(
  waiters: readonly Lease[],
  rivals: readonly Lease[],
  allowance: number,
): ReadonlyMap<Lease, number> {
  const grants = rivals.map(({ returned }) => returned).toSorted((a, b) => a - b);
  const counted = new Counts(grants.length);
  const byCall = rivals.toSorted((a, b) => b.called - a.called);
  const result = new Map<Lease, number>();
  let next = 0;
  for (const waiter of waiters.toSorted((a, b) => b.asked - a.asked)) {
    for (let rival = byCall[next]; rival !== undefined; rival = byCall[next]) {
      if (!(rival.called > waiter.asked + allowance)) break;
      counted.add(below(grants, rival.returned));
      next += 1;
    }
    result.set(waiter, counted.before(below(grants, waitedUntil(waiter, allowance))));
  }
  return result;
}

/** The first so many of them in order of their calls; `rivals` are in that order. */
export function bypassers(waiter: Lease, rivals: readonly Lease[], allowance: number, many: number): Lease[] {
  const found: Lease[] = [];
  for (const rival of rivals) {
    if (found.length === many || rival.called >= waiter.returned) break;
    if (rival.called > waiter.asked + allowance && rival.returned < waitedUntil(waiter, allowance)) found.push(rival);
  }
  return found;
}

/** How many of these ascending numbers are below `value`. */
export function below(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

class Counts {
  readonly #tree: Int32Array;

  constructor(size: number) {
    this.#tree = new Int32Array(size + 1);
  }

  add(index: number): void {
    for (let at = index + 1; at < this.#tree.length; at += at & -at) this.#tree[at] = (this.#tree[at] ?? 0) + 1;
  }

  /** How many were added at places below `index`. */
  before(index: number): number {
    let sum = 0;
    for (let at = index; at > 0; at -= at & -at) sum += this.#tree[at] ?? 0;
    return sum;
  }
}
