/**
 * Before any verdict: one undisturbed cycle of each worker, on keys of their own and then on one key, to see whether the
 * simulation can carry the lock at all. What it cannot carry must not be accused.
 */
import { NotSimulable, UnfinishedRun } from '../../plan/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { overhear, type Overheard } from '../engine/outside.ts';
import { SimulationError } from '../engine/problems.ts';
import { simulate, type Simulation } from '../run/simulate.ts';
import type { Silence } from '../run/silence.ts';
import { undisturbedPlan } from './exhaustive.ts';
import { remedyFor } from './remedies.ts';

/** Clients begin five keys apart: so many have different ones. */
const WORKERS = 3;
/** One that closes the locks at its end. */
const TIMING = 4;

/** @throws NotSimulable; UnfinishedRun when the lock itself goes on and on */
export async function rehearse(stage: Simulation): Promise<void> {
  const { plan, module } = stage;
  if (module.notSimulable !== undefined) throw new NotSimulable({ module: module.name, call: module.notSimulable });
  const workers = Math.min(plan.workers, WORKERS);
  const base: Plan = { ...undisturbedPlan(plan, plan.seed), workers, timing: TIMING };
  const own = Array.from({ length: workers }, (_, index) => `own-${index}`);
  await perform({ ...stage, plan: { ...base, keys: own } }, { alone: true });
  await perform({ ...stage, plan: { ...base, keys: ['shared'] } }, { alone: false });
}

async function perform(simulation: Simulation, { alone }: { readonly alone: boolean }): Promise<void> {
  let silence: Silence | undefined;
  const listen = (own: Silence): void => {
    silence = own;
  };
  const { ended: trouble, overheard } = await overhear(() =>
    simulate(simulation, { listen }).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  throwAsked(simulation, overheard);
  const { name } = simulation.module;
  const [unheard] = overheard.unheard;
  // A lock that nobody else wants is granted; one that others want may be held up by its own mistake.
  if (alone && silence !== undefined) {
    if (unheard !== undefined && silence.any) {
      throw new NotSimulable({ module: unheard.module ?? name, call: `it waits for ${unheard.call}` });
    }
    if (silence.unanswered) throw new NotSimulable({ module: name, call: 'its acquire waits for what never comes' });
  }
  if (!(trouble instanceof SimulationError)) return;
  if (!trouble.endless) throw new NotSimulable({ module: trouble.module ?? name, call: trouble.message });
  if (alone) throw new UnfinishedRun(trouble.message, simulation.plan);
}

/** @throws NotSimulable if anything real was asked for */
export function throwAsked(simulation: Simulation, { asked: [first] }: Overheard): void {
  if (first === undefined) return;
  const module = first.module ?? simulation.module.name;
  throw new NotSimulable({ module, call: `it waits for ${first.call}, which is real`, remedy: remedyFor(module) });
}
