/** Looking for a smaller plan that shows the same violation or breach. */
import type { BackendChoice, Choice } from '../backends/choose.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { UnfinishedRun } from '../plan/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { shrink, type Shrunk } from '../plan/shrink.ts';
import type { LockUnderTest } from '../run/request.ts';
import type { Judgement } from '../verdict/judge.ts';
import { shownBy, type Shown } from '../verdict/matrix.ts';
import { chooseProvisioner } from './choose-provisioner.ts';
import { runPlans } from './run-plans.ts';
import { lockWith, scenarioNamed } from './scenario.ts';
import type { ShrinkEvent } from './verify-events.ts';

/** Of a simulation each candidate is decided at once; of real servers each is tried several times, for seconds. */
const EFFORT = { simulated: { tries: 2000, runs: 1 }, real: { tries: 40, runs: 3 } } as const;

/** What a plan showed, and the smallest plan found that shows it too. */
export interface ShrunkViolation extends Shrunk {
  readonly property: Shown;
}

/** Where candidates are run. */
export interface ShrinkGround {
  readonly session: Session;
  readonly lock: LockUnderTest;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  readonly signal: AbortSignal;
  readonly tell: (event: ShrinkEvent) => void;
  /** No candidate is begun after so many milliseconds; absent: whatever it takes. */
  readonly timeMs?: number;
}

/**
 * @param wanted what the smaller plan is to show, if the plan shows it; default: the first that it shows
 * @returns `undefined` when the plan shows nothing of what is claimed, and no breach
 */
export async function shrinkPlan(
  ground: ShrinkGround,
  plan: Plan,
  wanted?: Shown,
): Promise<ShrunkViolation | undefined> {
  const { backend, signal, tell, timeMs } = ground;
  const lock = lockWith(await scenarioNamed(plan.scenario), ground.lock);
  const choice = await chooseProvisioner(backend, lock.module, plan.topology);
  const effort = choice.kind === 'sim' ? EFFORT.simulated : EFFORT.real;
  const judge = (candidate: Plan): Promise<readonly Judgement[]> =>
    judgementsOf(ground, choice, candidate, effort.runs);
  const whole = await judge(plan);
  const shown = (judgement: Judgement): Shown[] => shownBy(lock.module.claims, judgement);
  const found = whole.flatMap(shown);
  const property = wanted !== undefined && found.includes(wanted) ? wanted : found[0];
  if (property === undefined) return undefined;
  tell({ type: 'shrinking', property, provisioner: choice.kind });
  const shows = async (candidate: Plan): Promise<boolean> => {
    signal.throwIfAborted();
    return (await judge(candidate).catch(orNothing)).flatMap(shown).includes(property);
  };
  const onSmaller = (smaller: Plan, tries: number): void => tell({ type: 'smaller', plan: smaller, tries });
  const shrunk = await shrink(plan, shows, { tries: effort.tries, timeMs, onSmaller });
  tell({ type: 'shrunk', property, ...shrunk });
  return { property, ...shrunk };
}

/** Under a smaller plan a lock may never come to do as the contract says, or the simulation to an end: something else. */
function orNothing(error: unknown): readonly Judgement[] {
  if (error instanceof UsageError || error instanceof UnfinishedRun) return [];
  throw error;
}

async function judgementsOf(
  { session, lock, external, signal }: ShrinkGround,
  provisioner: Choice,
  plan: Plan,
  runs: number,
): Promise<readonly Judgement[]> {
  const judgements: Judgement[] = [];
  const { topology, scenario, workers, leaseMs, hazards } = plan;
  await runPlans(
    session,
    {
      ...{ lock, topology, scenario, provisioner, external, workers, leaseMs, hazards },
      deck: Array.from({ length: runs }, () => plan),
      ...{
        search: undefined,
        exhaustive: false,
        listed: [],
        arenas: 1,
        timeMs: Infinity,
        always: runs,
        alwaysMs: Infinity,
      },
      endsAt: (failures, breaches) => failures.length + breaches.length > 0,
      folder: session.folder('shrinking'),
      onPlan: (event) => {
        if (event.type === 'judged') judgements.push(event.judgement);
      },
    },
    signal,
  );
  return judgements;
}
