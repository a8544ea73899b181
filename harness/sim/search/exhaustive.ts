/**
 * Every position of one fault in a small scope: two workers, one cycle each. A position is right after a moment at which
 * something happened in the run without faults; up to there both runs are the same, so that no place is left out.
 */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { PlanSizes } from '../../plan/arbitrary.ts';
import { dataNodesOf, nodesOf, PLAN_VERSION, type Fault, type Plan } from '../../plan/plan.ts';

const WORKERS = [0, 1];
/** Long enough for a renewal, which comes at a third of the lease. */
const HOLD_PER_LEASE = 0.4;
/** After the moment itself: a thousandth of a millisecond, the resolution of the simulation. */
const AFTER_MS = 0.001;

/** Numbered from here, after those of any deck or search. */
const FIRST = 1_000_000;

/** The run that is disturbed. */
export function undisturbedPlan(sizes: PlanSizes, seed: number): Plan {
  const { lock, options, topology, scenario, leaseMs, recoverMs } = sizes;
  return {
    ...{ holdfast: 'plan' as const, version: PLAN_VERSION, index: FIRST, seed, timing: seed },
    ...{ lock, options: { ...options }, topology, scenario, hazards: ['none'] },
    ...{ workers: WORKERS.length, clientsPerWorker: 1, keys: ['a'], leaseMs, renew: true, cycles: 1 },
    ...{ holdsMs: [Math.round(leaseMs * HOLD_PER_LEASE)], thinksMs: [0], acquireTimeoutMs: leaseMs * 4 },
    ...{ workMs: leaseMs * 4, recoverMs: recoverMs + 1000, faults: [] },
  };
}

/** All plans: each fault at each moment (milliseconds) of the undisturbed run. */
export function exhaustivePlans(base: Plan, hazards: readonly Hazard[], moments: readonly number[]): Plan[] {
  const plans: Plan[] = [base];
  for (const hazard of hazards) {
    if (hazard === 'none') continue;
    for (const fault of variantsOf(hazard, base)) {
      for (const at of moments) {
        const struck = { ...fault, hazard, id: 'f1', afterMs: at + AFTER_MS };
        plans.push({ ...base, index: FIRST + plans.length, hazards: [hazard], faults: [struck] });
      }
    }
  }
  return plans;
}

type Variant = Omit<Fault, 'id' | 'hazard' | 'afterMs'>;

/** What a fault of each hazard may touch, and how long it lasts. */
function variantsOf(hazard: Exclude<Hazard, 'none'>, { topology, leaseMs }: Plan): Variant[] {
  const nodes = Array.from({ length: nodesOf(topology) }, (_, node) => node);
  const data = dataNodesOf(topology);
  const minority = nodes.slice(0, Math.max(1, Math.ceil(data / 2) - 1));
  const majority = nodes.slice(0, Math.floor(data / 2) + 1);
  const workers = [...WORKERS];
  const beyond = Math.round(leaseMs * 1.3);
  const late = Math.round(leaseMs * 1.1);
  const each = (make: (worker: number) => Omit<Variant, 'workers'>): Variant[] =>
    workers.map((worker) => ({ ...make(worker), workers: [worker] }));
  const bothWays = (make: (direction: 'request' | 'reply') => Omit<Variant, 'workers'>): Variant[] => [
    ...each(() => make('request')),
    ...each(() => make('reply')),
  ];
  const onNodes = (touched: number[], effects: Omit<Variant, 'workers' | 'nodes'>): Variant[] => [
    { ...effects, nodes: touched, workers: [] },
  ];
  switch (hazard) {
    case 'latency':
      return bothWays((direction) => ({ nodes, direction, delayMs: late, durationMs: beyond }));
    case 'late-request':
      return each(() => ({ nodes, direction: 'request', delayMs: late, durationMs: beyond }));
    case 'slow-node':
      return [{ nodes: minority, workers, direction: 'both', delayMs: Math.round(leaseMs * 0.6), durationMs: beyond }];
    case 'reset':
      return bothWays((direction) => ({ nodes, direction, delayMs: 40, durationMs: 200 }));
    case 'lost-reply':
      return each(() => ({ nodes, direction: 'reply', durationMs: 250 }));
    case 'client-partition':
      return each(() => ({ nodes, direction: 'both', durationMs: beyond }));
    case 'client-pause':
      return each(() => ({ nodes: [], durationMs: beyond }));
    case 'client-crash':
      return each(() => ({ nodes: [], durationMs: 50 }));
    case 'client-clock-jump':
      return [10, -10].flatMap((leases) => each(() => ({ nodes: [], durationMs: 300, jumpMs: leases * leaseMs })));
    case 'server-pause':
      return onNodes(minority, { durationMs: leaseMs });
    case 'server-crash':
    case 'failover':
      return onNodes([0], { durationMs: 100 });
    case 'server-crash-volatile':
      return onNodes(majority, { durationMs: 100 });
    case 'minority-partition':
      return each(() => ({ nodes: minority, direction: 'both', durationMs: beyond }));
    case 'majority-partition':
      return [{ nodes: majority, workers, direction: 'both', durationMs: beyond }];
    case 'clock-jump':
      return onNodes([0], { durationMs: 300, jumpMs: leaseMs * 10 });
    case 'clock-jump-back':
      return onNodes([0], { durationMs: 300, jumpMs: leaseMs * -10 });
    case 'clock-jump-majority':
      return onNodes(majority, { durationMs: 300, jumpMs: leaseMs * 10 });
  }
}
