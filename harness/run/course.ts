/** The course of one plan, real or simulated: work and faults, then the return of progress, then the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { allSettled } from '../base/all-settled.ts';
import type { FaultTargets } from '../faults/targets.ts';
import { runFaults } from '../faults/nemesis.ts';
import type { EventRecorder } from '../history/recorder.ts';
import { mix } from '../base/random.ts';
import type { Plan } from '../plan/plan.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { Assignment } from '../subject/messages.ts';

/** A worker that was told to finish has this long for what it does not cut short: unanswered commands, its way out. */
const FINISH_WITHIN_MS = 10_000;

/** Besides, its clients hold to the end what they have, the one that overstays for one and a half leases. */
export const finishWithinMs = ({ leaseMs, holdsMs }: Plan): number =>
  FINISH_WITHIN_MS + Math.max(leaseMs * 1.5, ...holdsMs);

const longestLeaseOf = ({ leaseMs, leasesMs = [] }: Plan): number => Math.max(leaseMs, ...leasesMs);

export type CourseWorker = Pick<WorkerHandle, 'onNextGrants' | 'finish' | 'ended'>;

export interface Course {
  readonly plan: Plan;
  readonly targets: FaultTargets;
  readonly workers: readonly CourseWorker[];
  /** Of the nemesis. */
  readonly recorder: EventRecorder;
}

/** @returns the workers that did not end. */
export async function runCourse(course: Course, signal: AbortSignal): Promise<readonly number[]> {
  const { plan, targets, workers, recorder } = course;
  if (plan.cycles === undefined) {
    await allSettled([runFaults(plan, targets, recorder, signal), sleep(plan.workMs, undefined, { signal })]);
    await untilProgress(plan, workers, signal);
  } else await untilAllEnded(course, signal);
  const finished = await Promise.all(workers.map((worker) => worker.finish(finishWithinMs(plan))));
  recorder.observe('harness', 'finished', undefined, { workers: finished.filter(Boolean).length });
  return [...finished.keys()].filter((worker) => finished[worker] === false);
}

/** Of clients that end by themselves: until they have, and no longer than the plan may take. */
async function untilAllEnded({ plan, targets, workers, recorder }: Course, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const boundMs = plan.workMs + longestLeaseOf(plan) * 1.5 + plan.recoverMs * 1.05;
  void Promise.all(workers.map((worker) => worker.ended)).then(() => over.abort());
  await allSettled([runFaults(plan, targets, recorder, stop), sleep(boundMs, undefined, { signal: stop })]).catch(
    (error: unknown) => {
      if (!over.signal.aborted) throw error;
    },
  );
  signal.throwIfAborted();
}

/** Until every key was granted once after the healing, or the bound of the liveness verdict has passed. */
async function untilProgress(plan: Plan, workers: readonly CourseWorker[], signal: AbortSignal): Promise<void> {
  const waiting = new Set(plan.keys);
  const progress = new AbortController();
  const unsubscribe = workers.map((worker) =>
    worker.onNextGrants((key) => {
      waiting.delete(key);
      if (waiting.size === 0) progress.abort();
    }),
  );
  // The bound counts from the end of the last lease, and one may belong to a request that is not answered before its caller
  // gives up; a little longer, for the history must show that it has passed.
  const boundMs = plan.acquireTimeoutMs + longestLeaseOf(plan) * 1.5 + plan.recoverMs * 1.05;
  await sleep(boundMs, undefined, { signal: AbortSignal.any([progress.signal, signal]) }).catch(() => undefined);
  for (const stop of unsubscribe) stop();
  signal.throwIfAborted();
}

/** @param incarnation how often the worker was killed before in this run */
export function assignmentOf(plan: Plan, worker: number, incarnation: number): Assignment {
  const { workers, clientsPerWorker, keys, leaseMs, acquireTimeoutMs, renew, holdsMs, thinksMs } = plan;
  const { cycles, leasesMs, practice, throws, overstayers = workers } = plan;
  const lapseKey = worker < overstayers ? plan.lapseKey : undefined;
  return {
    ...{ worker, workers, incarnation, clientsPerWorker, keys, leaseMs, acquireTimeoutMs, renew, holdsMs, thinksMs },
    lapseKey,
    cycles,
    leasesMs,
    practice,
    throws,
    seed: mix(plan.seed, plan.index),
  };
}
