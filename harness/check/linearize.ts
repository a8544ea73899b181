import { depthFirst } from './search-depth-first.ts';
import { justInTime } from './search-just-in-time.ts';
import {
  problemOf,
  type Search,
  type SearchResult,
  type SequentialModel,
  type SequentialOperation,
} from './sequential.ts';

export interface Bounds {
  /** For one history, all its keys together. Default 60 s. */
  readonly timeMs?: number;
  /** Configurations that one search may remember. Default 2,000,000, about 300 MB. */
  readonly configurations?: number;
}

export type Linearized =
  | { readonly kind: 'legal' }
  /** `stuckAt` is the first operation, by its return, that no order gets past. */
  | { readonly kind: 'illegal'; readonly stuckAt: SequentialOperation }
  | { readonly kind: 'unknown'; readonly reason: string };

const DEFAULT_TIME_MS = 60_000;
const DEFAULT_CONFIGURATIONS = 2_000_000;

/** When to stop searching. */
export interface Limit {
  readonly until: number;
  readonly configurations: number;
}

export function limitOf({ timeMs = DEFAULT_TIME_MS, configurations = DEFAULT_CONFIGURATIONS }: Bounds): Limit {
  return { until: performance.now() + timeMs, configurations };
}

/**
 * Is there an order of these operations that the model allows and in which no operation that returned before another was
 * called comes after it? The problem is NP-complete, so two searches take turns: depth-first finds an order quickly where
 * there is one, just-in-time finds quickly where there is none; the first to end decides.
 */
export function linearize<State>(
  model: SequentialModel<State>,
  operations: readonly SequentialOperation[],
  limit: Limit,
): Linearized {
  const problem = problemOf(model, operations);
  const result = race([depthFirst(problem), justInTime(problem)], limit);
  if (typeof result === 'string') return { kind: 'unknown', reason: result };
  const stuckAt = result.legal ? undefined : problem.operations[result.stuckAt];
  return stuckAt === undefined ? { kind: 'legal' } : { kind: 'illegal', stuckAt };
}

/** The result of the search that ends first, or why there is none. */
function race(searches: readonly Search[], { until, configurations }: Limit): SearchResult | string {
  let running = searches;
  while (running.length > 0) {
    const stillRunning: Search[] = [];
    for (const search of running) {
      const turn = search.next();
      if (turn.done === true) return turn.value;
      if (turn.value <= configurations) stillRunning.push(search);
    }
    running = stillRunning;
    if (performance.now() > until) return 'the time for the search was over';
  }
  return `more than ${configurations} configurations to remember`;
}
