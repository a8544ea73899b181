/** The same plan for leases of another length. */
import { recoverAllowanceMs } from './allowance.ts';
import type { Fault, Plan } from './plan.ts';

/** What lasts goes as far beyond a lease, or stays as far within, as it did; what only keeps things apart stays as it is. */
export function stretched(plan: Plan, leaseMs: number): Plan {
  if (leaseMs === plan.leaseMs) return plan;
  const longer = (ms: number): number => Math.round((ms * leaseMs) / plan.leaseMs);
  const times = (all: readonly number[]): number[] => all.map(longer);
  return {
    ...plan,
    leaseMs,
    acquireTimeoutMs: longer(plan.acquireTimeoutMs),
    holdsMs: times(plan.holdsMs),
    thinksMs: times(plan.thinksMs),
    ...(plan.leasesMs === undefined ? {} : { leasesMs: times(plan.leasesMs) }),
    recoverMs: plan.recoverMs - recoverAllowanceMs(plan.leaseMs) + recoverAllowanceMs(leaseMs),
    faults: plan.faults.map((fault) => stretchedFault(fault, longer)),
  };
}

function stretchedFault(fault: Fault, longer: (ms: number) => number): Fault {
  const { aim, delayMs, jumpMs } = fault;
  return {
    ...fault,
    durationMs: longer(fault.durationMs),
    ...(aim === undefined ? {} : { aim: { ...aim, withinMs: Math.max(1, longer(aim.withinMs)) } }),
    ...(delayMs === undefined ? {} : { delayMs: Math.max(1, longer(delayMs)) }),
    ...(jumpMs === undefined ? {} : { jumpMs: longer(jumpMs) }),
  };
}
