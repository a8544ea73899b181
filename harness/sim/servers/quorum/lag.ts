/** How far behind their primary replicas are. */
import type { Surroundings } from '../../network/node.ts';

/** Milliseconds between an answer and its way to the replicas; a primary that crashes meanwhile has told them nothing. */
const LAGS_MS = [0.05, 0.5, 3, 15];

/** In one run, of all of them. */
export function lagOf(around: readonly Surroundings[]): number {
  return around[0]?.random.pick(LAGS_MS) ?? 0;
}
