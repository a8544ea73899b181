import { STEPS_PER_TURN, type Problem, type Search } from './sequential.ts';

/** A state that may have been reached, with the open operations that have taken effect already. */
interface Configuration {
  readonly state: number;
  /** In ascending order. */
  readonly taken: readonly number[];
}

/**
 * Just-in-time linearization (Lowe, "Testing for linearizability", 2017): goes through the calls and returns in order of
 * time with all configurations that are possible so far, and lets operations take effect only when a return demands it.
 *
 * Quick to see that no order exists, however long the history goes on after that; and memory is that of the concurrency,
 * not of the length.
 */
export function* justInTime({ transitions, moments, twinBefore }: Problem): Search {
  const { kinds } = transitions;
  const open = new Set<number>();
  let configurations: Configuration[] = [{ state: transitions.initial, taken: [] }];
  let steps = 0;
  for (const moment of moments) {
    if (moment >= 0) {
      open.add(moment);
      continue;
    }
    const returning = -1 - moment;
    const reached = new Map<string, Configuration>();
    const seen = new Set<string>();
    const stack = configurations;
    for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
      steps += 1;
      if (steps % STEPS_PER_TURN === 0) yield seen.size + reached.size + stack.length;
      if (one.taken.includes(returning)) {
        const taken = one.taken.filter((index) => index !== returning);
        reached.set(keyOf(one.state, taken), { state: one.state, taken });
        continue;
      }
      for (const index of open) {
        if (one.taken.includes(index)) continue;
        const twin = twinBefore[index] ?? -1;
        if (twin >= 0 && !one.taken.includes(twin)) continue;
        const state = transitions.step(one.state, kinds[index] ?? -1);
        if (state < 0) continue;
        const taken = insert(one.taken, index);
        const key = keyOf(state, taken);
        if (seen.has(key)) continue;
        seen.add(key);
        stack.push({ state, taken });
      }
    }
    open.delete(returning);
    if (reached.size === 0) return { legal: false, stuckAt: returning };
    configurations = [...reached.values()];
  }
  return { legal: true };
}

function keyOf(state: number, taken: readonly number[]): string {
  return `${state}:${taken.join(',')}`;
}

function insert(sorted: readonly number[], value: number): number[] {
  const at = sorted.findIndex((other) => other > value);
  return at < 0 ? [...sorted, value] : sorted.toSpliced(at, 0, value);
}
