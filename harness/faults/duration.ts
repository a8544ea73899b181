/** About how long plans take on real servers, and what of them there is time for. */
import type { Plan } from '../plan/plan.ts';
import { killsWorkers } from './available.ts';

/** From the assignment to the first cycle, and from the end of the work to that of the processes. */
const AROUND_MS = 500;

/** Milliseconds: the faults or the work, whichever is longer, then the end of leases that faults left, then that of holds. */
export function expectedMs(plan: Plan): number {
  const { hazards, faults, holdsMs, thinksMs, leaseMs, workMs, lapseKey } = plan;
  // An aim is reached about a cycle later.
  const aimMs = mean(holdsMs) + mean(thinksMs);
  const lanes = hazards.map((hazard) =>
    faults
      .filter((fault) => fault.hazard === hazard)
      .reduce((sum, { afterMs, durationMs, aim }) => sum + afterMs + durationMs + (aim === undefined ? 0 : aimMs), 0),
  );
  // A worker that is killed does not give back what it held.
  const leftMs = killsWorkers(plan) ? leaseMs : 0;
  return (
    AROUND_MS + Math.max(workMs, ...lanes) + leftMs + (lapseKey === undefined ? Math.max(...holdsMs) : leaseMs * 1.5)
  );
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A plan that takes no longer than there is time for, and what had to be left out of it, in words. */
export interface Fitted {
  readonly plan: Plan;
  readonly leftOut: string | undefined;
}

/**
 * What is about the length of a lease is left out where there is no time for it: first the clients that overstay, then the
 * longest faults. `undefined` where no fault of the plan can be done in time.
 */
export function fitted(plan: Plan, timeMs: number): Fitted | undefined {
  if (expectedMs(plan) <= timeMs) return { plan, leftOut: undefined };
  const { lapseKey: _lapse, ...rest } = plan;
  let lighter: Plan = rest;
  for (;;) {
    if (expectedMs(lighter) <= timeMs) {
      const faults = plan.faults.length - lighter.faults.length;
      const which = faults === 0 ? '' : ` and ${faults} of ${plan.faults.length} faults`;
      return { plan: lighter, leftOut: `the clients that overstay${which}` };
    }
    const longest = lighter.faults.toSorted((a, b) => b.durationMs - a.durationMs)[0];
    if (longest === undefined || lighter.faults.length === 1) return undefined;
    lighter = { ...lighter, faults: lighter.faults.filter((fault) => fault !== longest) };
  }
}
