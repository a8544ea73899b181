/**
 * Every position of one fault in a small scope: two workers, one cycle each. A position is right after a moment at which
 * something happened in the run without faults; up to there both runs are the same, so that no place is left out.
 */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { PlanSizes } from '../../plan/arbitrary.ts';
import { hazardNamed } from '../../faults/hazards/table.ts';
import { Scope } from '../../faults/scope.ts';
import { PLAN_VERSION, type Plan } from '../../plan/plan.ts';

const WORKERS = 2;
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
    ...{ workers: WORKERS, clientsPerWorker: 1, keys: ['a'], leaseMs, renew: true, cycles: 1 },
    ...{ holdsMs: [Math.round(leaseMs * HOLD_PER_LEASE)], thinksMs: [0], acquireTimeoutMs: leaseMs * 4 },
    ...{ workMs: leaseMs * 4, recoverMs: recoverMs + 1000, faults: [] },
  };
}

/** All plans: each fault at each moment (milliseconds) of the undisturbed run. */
export function exhaustivePlans(base: Plan, hazards: readonly Hazard[], moments: readonly number[]): Plan[] {
  const plans: Plan[] = [base];
  for (const hazard of hazards) {
    if (hazard === 'none') continue;
    for (const fault of hazardNamed(hazard).variants(new Scope(base))) {
      for (const at of moments) {
        const struck = { ...fault, hazard, id: 'f1', afterMs: at + AFTER_MS };
        plans.push({ ...base, index: FIRST + plans.length, hazards: [hazard], faults: [struck] });
      }
    }
  }
  return plans;
}
