import type { Lease } from './leases.ts';
import { rivalAmong, Rivals, type TopRivals } from './rivals.ts';

/** A stretch of time during which a lease was held, or was believed to be. `start` ≤ `end`. */
export interface Hold {
  readonly lease: Lease;
  readonly start: number;
  readonly end: number;
}

/**
 * The holds of one key, for finding those that overlap although they must not. Two stretches overlap if each begins
 * before the other ends; touching is allowed, and so is an instant at the edge of a stretch: equal times are concurrent.
 */
export class Holds {
  /** By start, then by end: an instant comes before a stretch that begins with it. */
  readonly #sorted: readonly Hold[];
  /** The rivals among the first i + 1 holds. */
  readonly #longest: TopRivals<Hold>[] = [];

  constructor(holds: readonly Hold[]) {
    this.#sorted = inOrder(holds) ? holds : holds.toSorted((a, b) => a.start - b.start || a.end - b.end);
    const rivals = new Rivals<Hold>((a, b) => a.end > b.end);
    for (const hold of this.#sorted) {
      rivals.offer(hold);
      this.#longest.push(rivals.top());
    }
  }

  /** Calls back for each hold that overlaps an earlier one, with the one among these that lasts longest. */
  overlaps(found: (earlier: Hold, later: Hold) => void): void {
    this.#sorted.forEach((later, index) => {
      const before = this.#longest[index - 1];
      const earlier = before && rivalAmong(before, later.lease);
      if (earlier !== undefined && earlier.end > later.start) found(earlier, later);
    });
  }

  /** A hold that a lease must not overlap and that has this moment strictly inside it; the one that ends last. */
  covering(lease: Lease, at: number): Hold | undefined {
    const top = this.#longest[startedBefore(this.#sorted, at) - 1];
    const hold = top && rivalAmong(top, lease);
    return hold !== undefined && hold.end > at ? hold : undefined;
  }

  /** The first moment from `at` on that no such hold has inside it, and the last of the holds that were in the way. */
  firstFree(lease: Lease, at: number): { readonly at: number; readonly behind: Hold | undefined } {
    let behind: Hold | undefined;
    for (let free = at; ;) {
      const hold = this.covering(lease, free);
      if (hold === undefined) return { at: free, behind };
      behind = hold;
      free = hold.end;
    }
  }
}

/** How many of these, in order of their starts, started before `at`. */
export function startedBefore(sorted: readonly { readonly start: number }[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.start ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function inOrder(holds: readonly Hold[]): boolean {
  return holds.every((hold, index) => {
    const before = holds[index - 1];
    return before === undefined || before.start < hold.start || (before.start === hold.start && before.end <= hold.end);
  });
}
