/** The plan of a round: what the checkers, the faults and the reader of a history have to know of it. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import { UsageError } from '../base/errors.ts';
import { hazardNamed } from '../faults/hazards/table.ts';
import { makePlan } from '../faults/plans.ts';
import { PLAN_VERSION, type Fault, type Plan } from '../plan/plan.ts';
import type { LockUnderTest } from '../run/request.ts';
import { keyNames, type LoadSettings } from './settings.ts';

/** Where in the measured stretch a fault strikes. */
const STRIKES_AT = 0.4;

export function planOf(lock: LockUnderTest, settings: LoadSettings, index: number): Plan {
  const { topology, workers, clientsPerWorker, leaseMs, acquireTimeoutMs, holdMs, thinkMs, seed } = settings;
  const hazard = settings.hazards[index % settings.hazards.length] ?? 'none';
  return {
    holdfast: 'plan',
    version: PLAN_VERSION,
    index,
    seed,
    lock: lock.reference,
    options: { ...lock.options },
    topology,
    scenario: settings.stock === undefined ? 'shared-counter' : 'flash-sale',
    hazards: [hazard],
    workers,
    clientsPerWorker,
    keys: keyNames(settings),
    leaseMs,
    acquireTimeoutMs,
    renew: true,
    holdsMs: [...holdMs],
    thinksMs: [...thinkMs],
    workMs: settings.warmUpMs + settings.durationMs,
    recoverMs: lock.module.recoverMs + 1000,
    faults: hazard === 'none' ? [] : [faultOf(lock, settings, hazard, index)],
  };
}

/** One of the faults that `verify` would try, in the middle of the measured stretch. */
function faultOf(lock: LockUnderTest, settings: LoadSettings, hazard: Hazard, index: number): Fault {
  // The servers or the workers would have to be started anew, with clocks that can be moved.
  if (hazardNamed(hazard).movesClockOf !== undefined)
    throw new UsageError(`--hazard ${hazard}: clocks are moved by "verify", not under load`);
  const { topology, workers, clientsPerWorker, leaseMs, seed } = settings;
  const sizes = {
    ...{ lock: lock.reference, options: {}, topology, scenario: '', workers, clientsPerWorker, leaseMs },
    recoverMs: lock.module.recoverMs,
  };
  const [fault] = makePlan(sizes, [hazard], seed, index, 'busy').faults;
  if (fault === undefined) throw new UsageError(`--hazard ${hazard}: nothing is disturbed by it`);
  // A delay that ends before it was waited for is a shorter one.
  const durationMs = Math.max(fault.durationMs, 2 * (fault.delayMs ?? 0));
  return { ...fault, durationMs, afterMs: settings.warmUpMs + settings.durationMs * STRIKES_AT };
}
