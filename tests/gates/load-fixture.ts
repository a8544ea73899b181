/** The load of a benchmark, for tests. */
import type { Load, Round } from '../../harness/report/load.ts';

/** Nothing but what each test overrides: five workers in a closed loop on one key. */
export function load(override: Partial<Load> = {}): Load {
  return {
    mode: 'closed',
    scenario: 'shared-counter',
    workers: 5,
    clientsPerWorker: 2,
    keys: 1,
    keySkew: 0,
    holdMs: [1, 1],
    thinkMs: [0, 0],
    warmUpMs: 500,
    cycles: 12_000,
    errors: [],
    saturated: false,
    rounds: [],
    series: [],
    faults: [],
    checked: { events: 72_000, operations: 24_000, verdict: 'holds' },
    ...override,
  };
}

/** A round of two seconds with that throughput. */
export function round(index: number, throughput: number, p50 = 8000 / throughput): Round {
  return {
    index,
    atMs: index * 4000,
    durationMs: 2000,
    cycles: Math.round(throughput * 2),
    throughput,
    acquire: { p50, p90: p50 * 2, p99: p50 * 4, max: p50 * 9 },
    errors: 0,
  };
}
