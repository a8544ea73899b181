/** Loading a lock by the clients of a scenario: how often the application comes to what it is for, beside the figures of the lock. */
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { planOf } from '../load/plan.ts';
import type { LoadSettings } from '../load/settings.ts';
import type { Plan } from '../plan/plan.ts';
import type { LockReport } from '../report/report.ts';
import type { LockUnderTest } from '../run/request.ts';
import { runPlans } from './run-plans.ts';
import { lockWith, scenarioNamed } from './scenario.ts';

/** Hold and think times that are used in turn. */
const TIMES = 12;

/**
 * One undisturbed plan of the length that was asked for, judged like any other. Nothing is warmed up apart.
 * @throws UsageError for what has no meaning for a scenario, or without real processes
 */
export async function benchApplication(
  session: Session,
  given: LockUnderTest,
  settings: LoadSettings & { readonly application: string },
  signal: AbortSignal,
): Promise<LockReport> {
  const { application, provisioner, topology, external, workers, leaseMs, folder, durationMs } = settings;
  if (provisioner.kind === 'sim') throw new UsageError('--backend sim: the rate of a simulated application is none');
  if (settings.hazards.length > 0) throw new UsageError('--hazard: "verify" disturbs scenarios');
  const scenario = await scenarioNamed(application);
  const lock = lockWith(scenario, given);
  const plan: Plan = {
    ...planOf(lock, settings, 0),
    ...{ scenario: application, endless: true, workMs: durationMs },
    ...{ holdsMs: between(settings.holdMs), thinksMs: between(settings.thinkMs) },
  };
  return runPlans(
    session,
    {
      ...{ lock, topology, scenario: application, provisioner, external, workers, leaseMs, folder },
      ...(scenario.rate === undefined ? {} : { rate: scenario.rate }),
      ...{ deck: [plan], search: undefined, exhaustive: false, hazards: ['none'], listed: [] },
      ...{ arenas: 1, timeMs: Infinity, always: 1, alwaysMs: Infinity, endsAt: () => false, onPlan: () => undefined },
    },
    signal,
  );
}

const between = ([least, most]: readonly [number, number]): number[] =>
  least === most ? [least] : Array.from({ length: TIMES }, (_, n) => least + ((most - least) * n) / (TIMES - 1));
