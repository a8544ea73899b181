/** Before real servers are asked: a short search in the simulation, whose finds they are then given to confirm. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callOf } from '../base/call.ts';
import type { Session } from '../backends/session.ts';
import { NotSimulable } from '../plan/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanEvent, RunRequest } from '../run/request.ts';
import type { SearchSpace } from '../plan/search-space.ts';
import { simulatePlans } from '../sim/search/run.ts';
import { isSimulated } from '../sim/servers/simulated.ts';
import type { Evidence } from '../verdict/matrix.ts';
import type { ReportedBreach } from '../report/breach.ts';
import type { LockReport } from '../report/report.ts';
import type { Caller } from './caller.ts';
import { shrinkPlan } from './shrink-plan.ts';
import type { VerifyEvent } from './verify-events.ts';
import type { VerifySettings } from './verify-settings.ts';

/** Share of a run's time that is searched, and when it is not worth while. */
const SHARE = 0.1;
const LEAST_MS = 1500;
const MOST_MS = 5000;
/** How often the real servers are given what was found: their timing is their own. */
const REPEATS = 3;
/** Numbers of these plans, after those of any deck. */
const FIRST = 9000;

export interface SimulatedFirst {
  /** To be run first. */
  readonly plans: readonly Plan[];
  /** What the lock did in the simulation that none may do: its own code does it, whatever servers do. */
  readonly breaches: readonly ReportedBreach[];
  /** Takes note of what became of those plans, and the summary says it. */
  readonly watch: (event: PlanEvent) => void;
  readonly summary: () => NonNullable<LockReport['search']>;
}

/**
 * `undefined` where there is no simulation of the lock's servers, or no time for it, and where it met with trouble of whatever
 * kind: that is told, and decides nothing.
 */
export async function simulateFirst(
  session: Session,
  request: RunRequest,
  space: SearchSpace,
  settings: VerifySettings,
  caller: Caller<VerifyEvent>,
): Promise<SimulatedFirst | undefined> {
  try {
    return await searchFirst(session, request, space, settings, caller);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!caller.signal.aborted) caller.tell({ type: 'not-simulated-first', lock: request.lock.module.name, reason });
    return undefined;
  }
}

async function searchFirst(
  session: Session,
  request: RunRequest,
  space: SearchSpace,
  settings: VerifySettings,
  { signal, tell }: Caller<VerifyEvent>,
): Promise<SimulatedFirst | undefined> {
  const { lock, topology, timeMs } = request;
  const searchMs = Math.min(MOST_MS, timeMs * SHARE);
  if (!isSimulated(lock.module.backend, topology) || lock.module.backend === 'memory' || searchMs < LEAST_MS) {
    return undefined;
  }
  const { name, notSimulable } = lock.module;
  if (notSimulable !== undefined) throw new NotSimulable({ module: name, call: notSimulable });
  let schedules = 0;
  let found: Evidence | undefined;
  const simulated: RunRequest = {
    ...request,
    ...{ provisioner: { kind: 'sim', reason: 'searched first' }, deck: [], search: space, exhaustive: false },
    ...{ timeMs: searchMs, always: 0, folder: session.folder('simulated-first') },
    endsAt: ([evidence]) => {
      found ??= evidence;
      return evidence !== undefined;
    },
    onPlan: (event) => {
      if (event.type === 'judged') schedules += 1;
    },
  };
  const { breaches = [] } = await simulatePlans(simulated, signal);
  const kept = await Promise.all(breaches.map((breach) => keptIn(request.folder, simulated.folder, breach)));
  const about = { type: 'simulated-first', lock: lock.module.name, schedules } as const;
  if (found === undefined) {
    tell({ ...about, plans: 0 });
    return { plans: [], breaches: kept, watch: () => undefined, summary: () => ({ schedules }) };
  }
  const { judgement, charged } = found;
  const { property } = charged.finding;
  const shrunk = await shrinkPlan(
    { session, lock, backend: 'sim', external: settings.request.external, signal, tell },
    judgement.plan,
    property,
  );
  const smallest = shrunk?.plan ?? judgement.plan;
  const plans = [smallest, judgement.plan].flatMap((plan, which) =>
    Array.from({ length: REPEATS }, (_, repeat) => ({ ...plan, index: FIRST + which * REPEATS + repeat })),
  );
  tell({ ...about, plans: plans.length, found: { property, plan: smallest } });
  let reproduced = false;
  return {
    plans,
    breaches: kept,
    watch: (event) => {
      if (event.type !== 'judged' || !plans.some(({ index }) => index === event.plan.index)) return;
      reproduced ||= event.judgement.findings.some(
        ({ finding }) => finding.kind === charged.finding.kind && finding.property === property,
      );
    },
    summary: () => ({ schedules, found: { property, hazards: smallest.hazards, reproduced } }),
  };
}

/** The breach with its plan in the folder of the run. */
async function keptIn(folder: string, from: string, breach: ReportedBreach): Promise<ReportedBreach> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, breach.plan);
  await copyFile(join(from, breach.plan), file);
  return { ...breach, replay: callOf('replay', file, '--backend', 'sim') };
}
