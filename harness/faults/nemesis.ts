/** Carries out the faults of a plan, and stamps what it does into the history. */
import { setTimeout as sleep } from 'node:timers/promises';
import { allSettled } from '../base/all-settled.ts';
import { InfrastructureError } from '../base/errors.ts';
import type { NemesisValue } from '../history/events.ts';
import type { EventRecorder } from '../history/recorder.ts';
import type { Fault, Plan } from '../plan/plan.ts';
import type { AppliedFault } from './hazard.ts';
import { hazardNamed } from './hazards/table.ts';
import { delay } from './network.ts';
import type { FaultTargets } from './targets.ts';

/**
 * Faults of one hazard follow one another; two hazards run side by side. Settles when all have healed.
 * When `signal` aborts, waiting ends and what is in force is healed.
 */
export async function runFaults(
  plan: Plan,
  targets: FaultTargets,
  recorder: EventRecorder,
  signal: AbortSignal,
): Promise<void> {
  const lanes = plan.hazards.map((hazard) => plan.faults.filter((fault) => fault.hazard === hazard));
  await allSettled(lanes.map((lane) => runLane(lane, targets, recorder, signal)));
}

async function runLane(
  lane: readonly Fault[],
  targets: FaultTargets,
  recorder: EventRecorder,
  signal: AbortSignal,
): Promise<void> {
  for (const fault of lane) {
    await sleep(fault.afterMs, undefined, { signal });
    const slow = await slowLinks(fault, targets, recorder);
    try {
      await takeAim(fault, 'start', targets, signal);
      signal.throwIfAborted();
      await runFault(fault, targets, recorder, signal);
    } finally {
      await slow?.heal();
    }
  }
}

/** A process that is to be met between two commands has slow answers while it is aimed at: that is in the history, too. */
async function slowLinks(
  fault: Fault,
  targets: FaultTargets,
  recorder: EventRecorder,
): Promise<AppliedFault | undefined> {
  if (hazardNamed(fault.hazard).strikes !== 'worker' || fault.delayMs === undefined) return undefined;
  const stamp = (phase: NemesisValue['phase']): void => {
    for (const worker of fault.workers) {
      const value: NemesisValue = { fault: `${fault.id}.aim`, phase, target: { worker } };
      recorder.observe('nemesis', 'aim', undefined, value);
    }
  };
  stamp('start');
  const applied = await delay(targets, fault);
  return {
    heal: async () => {
      await applied.heal();
      stamp('end');
      stamp('healed');
    },
  };
}

async function takeAim(fault: Fault, of: 'start' | 'end', targets: FaultTargets, signal: AbortSignal): Promise<void> {
  if (fault.aim?.of !== of) return;
  const { worker, moment, nth, plusMs, withinMs } = fault.aim;
  const reached = await targets.workers[worker]?.reaches(fault.id, moment, nth, withinMs);
  if (reached && plusMs > 0) await sleep(plusMs, undefined, { signal });
}

/** A fault of whoever leads, now that it strikes: of the first node where nobody does. */
async function onLeader(fault: Fault, targets: FaultTargets): Promise<Fault> {
  if (fault.leader !== true) return fault;
  return { ...fault, nodes: [(await targets.deployment?.leader()) ?? 0] };
}

async function runFault(
  planned: Fault,
  targets: FaultTargets,
  recorder: EventRecorder,
  signal: AbortSignal,
): Promise<void> {
  const fault = await onLeader(planned, targets);
  const stamp = (phase: NemesisValue['phase']): void => {
    // One event for each worker or node that it touches on its own; a link fault names the worker that is cut.
    const touched =
      fault.workers.length > 0 ? fault.workers.map((worker) => ({ worker })) : fault.nodes.map((node) => ({ node }));
    for (const target of touched) {
      const value: NemesisValue = { fault: fault.id, phase, target };
      recorder.observe('nemesis', fault.hazard, undefined, value);
    }
  };
  stamp('start');
  const applied = await hazardNamed(fault.hazard)
    .apply(targets, fault)
    .catch((cause: unknown) => {
      throw new InfrastructureError(`${fault.hazard} could not be brought about: ${String(cause)}`, { cause });
    });
  if (applied.seen) stamp('bit');
  try {
    await takeAim(fault, 'end', targets, signal);
    await sleep(fault.durationMs, undefined, { signal });
  } finally {
    await applied.heal();
    stamp('end');
    stamp('healed');
  }
}
