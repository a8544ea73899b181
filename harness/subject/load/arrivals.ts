/** When the requests of an open loop are to begin: decided before the run, by a seed. */
import { Random, mix } from '../../base/random.ts';
import { keyDraw } from './keys.ts';

export const ARRIVALS = ['constant', 'poisson'] as const;
export type Arrivals = (typeof ARRIVALS)[number];

export interface Arrival {
  /** Nanoseconds since the run began. */
  readonly atNs: number;
  /** Index of the key. */
  readonly key: number;
}

export interface ArrivalRequest {
  readonly arrivals: Arrivals;
  readonly perSecond: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly keys: number;
  readonly keySkew: number;
  readonly workers: number;
  readonly seed: number;
}

/** @returns the arrivals of each worker, who take turns, in order of time. */
export function planArrivals(request: ArrivalRequest): Arrival[][] {
  const { arrivals, perSecond, fromNs, toNs, keys, keySkew, workers, seed } = request;
  const gaps = new Random(mix(seed, 0));
  const key = keyDraw(keys, keySkew, new Random(mix(seed, 1)));
  const meanNs = 1e9 / perSecond;
  // A Poisson process: independent gaps of exponential length.
  const gapNs = arrivals === 'constant' ? () => meanNs : () => -Math.log(1 - gaps.unit()) * meanNs;
  const plan: Arrival[][] = Array.from({ length: workers }, () => []);
  let turn = 0;
  for (let atNs = fromNs + (arrivals === 'constant' ? 0 : gapNs()); atNs < toNs; atNs += gapNs()) {
    plan[turn]?.push({ atNs: Math.floor(atNs), key: key() });
    turn = (turn + 1) % workers;
  }
  return plan;
}
