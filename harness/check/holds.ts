import { mayOverlap, type Lease } from './leases.ts';
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
  /** The rivals among the first i + 1 holds; `undefined` where the holds are disjoint, so that each one is the longest. */
  readonly #longest: readonly TopRivals<Hold>[] | undefined;

  constructor(holds: readonly Hold[]) {
    this.#sorted = inOrder(holds) ? holds : holds.toSorted((a, b) => a.start - b.start || a.end - b.end);
    this.#longest = areDisjoint(this.#sorted) ? undefined : longestSoFar(this.#sorted);
  }

  /** In order of their starts; no two overlap, exempt or not. */
  get disjoint(): readonly Hold[] | undefined {
    return this.#longest === undefined ? this.#sorted : undefined;
  }

  /** Calls back for each hold that overlaps an earlier one, with the one among these that lasts longest. */
  overlaps(found: (earlier: Hold, later: Hold) => void): void {
    if (this.#longest === undefined) return;
    for (const [index, later] of this.#sorted.entries()) {
      const before = this.#longest[index - 1];
      const earlier = before && rivalAmong(before, later.lease);
      if (earlier !== undefined && earlier.end > later.start) found(earlier, later);
    }
  }

  /** A hold that a lease must not overlap and that has this moment strictly inside it; the one that ends last. */
  covering(lease: Lease, at: number): Hold | undefined {
    const hold = this.#rivalStartedBefore(lease, at);
    return hold !== undefined && hold.end > at ? hold : undefined;
  }

  #rivalStartedBefore(lease: Lease, at: number): Hold | undefined {
    const last = startedBefore(this.#sorted, at) - 1;
    const top = this.#longest?.[last];
    if (top !== undefined) return rivalAmong(top, lease);
    const hold = this.#sorted[last];
    return hold === undefined || mayOverlap(hold.lease, lease) ? undefined : hold;
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

function areDisjoint(sorted: readonly Hold[]): boolean {
  return sorted.every((hold, index) => index === 0 || (sorted[index - 1]?.end ?? 0) <= hold.start);
}

function longestSoFar(sorted: readonly Hold[]): TopRivals<Hold>[] {
  const rivals = new Rivals<Hold>((a, b) => a.end > b.end);
  return sorted.map((hold) => {
    rivals.offer(hold);
    return rivals.top();
  });
}

function inOrder(holds: readonly Hold[]): boolean {
  return holds.every((hold, index) => {
    const before = holds[index - 1];
    return before === undefined || before.start < hold.start || (before.start === hold.start && before.end <= hold.end);
  });
}
