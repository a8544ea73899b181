/** What hazards of worker processes share. */
import type { Fault } from '../plan/plan.ts';
import { everywhere } from './hazard.ts';
import type { FaultTargets, TargetWorker } from './targets.ts';

export const ofWorkers = { strikes: 'worker', availableOn: everywhere } as const;

export function workersOf(targets: FaultTargets, fault: Fault): TargetWorker[] {
  return fault.workers.map((index) => targets.workers[index]).filter((worker) => worker !== undefined);
}
