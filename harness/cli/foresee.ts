/** Before real servers are asked: a short search in the simulation, whose finds they are then given to confirm. */
import { startProgress } from '../../reports/progress.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import type { Session } from '../backends/session.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanEvent, RunRequest } from '../run/request.ts';
import type { SearchSpace } from '../plan/search-space.ts';
import { simulatePlans } from '../sim/search/run.ts';
import { isSimulated } from '../sim/servers/simulated.ts';
import type { Evidence } from '../verdict/matrix.ts';
import type { LockReport } from '../report/report.ts';
import { shrinkPlan, sizeOf } from './shrink.ts';
import type { Settings } from './verify-locks.ts';

/** Share of a run's time that is searched, and when it is not worth while. */
const SHARE = 0.1;
const LEAST_MS = 1500;
const MOST_MS = 5000;
/** How often the real servers are given what was found: their timing is their own. */
const REPEATS = 3;
/** Numbers of these plans, after those of any deck. */
const FIRST = 9000;

export interface Foreseen {
  /** To be run first. */
  readonly plans: readonly Plan[];
  /** Takes note of what became of those plans, and says it. */
  readonly watch: (event: PlanEvent) => void;
  readonly summary: () => LockReport['search'];
}

/**
 * `undefined` where there is no simulation of the lock's servers, or no time for it, and where it met with trouble of whatever
 * kind: that is said, and decides nothing.
 */
export async function foresee(
  session: Session,
  request: RunRequest,
  space: SearchSpace,
  settings: Settings,
  signal: AbortSignal,
): Promise<Foreseen | undefined> {
  try {
    return await searchFirst(session, request, space, settings, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!signal.aborted) note(settings, `not searched in the simulation first: ${reason}`);
    return undefined;
  }
}

async function searchFirst(
  session: Session,
  request: RunRequest,
  space: SearchSpace,
  settings: Settings,
  signal: AbortSignal,
): Promise<Foreseen | undefined> {
  const { lock, topology, timeMs } = request;
  const searchMs = Math.min(MOST_MS, timeMs * SHARE);
  if (!isSimulated(lock.module.backend, topology) || lock.module.backend === 'memory' || searchMs < LEAST_MS) {
    return undefined;
  }
  let schedules = 0;
  let found: Evidence | undefined;
  const simulated: RunRequest = {
    ...request,
    ...{ provisioner: { kind: 'sim', reason: 'searched first' }, deck: [], search: space, exhaustive: false },
    ...{ timeMs: searchMs, always: 0, folder: session.folder('foreseen') },
    endsAt: (evidence) => {
      found ??= evidence;
      return true;
    },
    onPlan: (event) => {
      if (event.type === 'judged') schedules += 1;
    },
  };
  await simulatePlans(simulated, signal);
  if (found === undefined) return { plans: [], watch: () => undefined, summary: () => ({ schedules }) };
  const { judgement, charged } = found;
  const { property } = charged.finding;
  const shrunk = await shrinkPlan(session, lock, judgement.plan, { ...settings, backend: 'sim' }, signal, property);
  const smallest = shrunk?.plan ?? judgement.plan;
  note(
    settings,
    `the simulation broke ${property} within ${schedules} schedules: ${sizeOf(smallest)}; trying it for real`,
  );
  const plans = [smallest, judgement.plan].flatMap((plan, which) =>
    Array.from({ length: REPEATS }, (_, repeat) => ({ ...plan, index: FIRST + which * REPEATS + repeat })),
  );
  let reproduced = false;
  return {
    plans,
    watch: (event) => {
      if (event.type !== 'judged' || !plans.some(({ index }) => index === event.plan.index)) return;
      reproduced ||= event.judgement.findings.some(
        ({ finding }) => finding.kind === 'violation' && finding.property === property,
      );
    },
    summary: () => ({ schedules, found: { property, hazards: smallest.hazards, reproduced } }),
  };
}

function note(settings: Settings, text: string): void {
  const progress = startProgress({
    output: process.stderr,
    quiet: settings.options.quiet === true,
    paint: paintFor(process.stderr),
  });
  progress.note(text);
  progress.stop();
}
