/** Looking for a smaller plan that shows the same violation. */
import type { Property } from 'holdfast-locks/internal/claims';
import type { BackendChoice, Choice } from '../backends/choose.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { ContractBreach, UnfinishedRun } from '../plan/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { shrink, type Shrunk } from '../plan/shrink.ts';
import type { LockUnderTest } from '../run/request.ts';
import type { Judgement } from '../verdict/judge.ts';
import { brokenPromises } from '../verdict/matrix.ts';
import { chooseProvisioner } from './choose-provisioner.ts';
import { runPlans } from './run-plans.ts';
import type { ShrinkEvent } from './verify-events.ts';

/** Of a simulation each candidate is decided at once; of real servers each is tried several times, for seconds. */
const EFFORT = { simulated: { tries: 2000, runs: 1 }, real: { tries: 40, runs: 3 } } as const;

/** What a plan showed, and the smallest plan found that shows it too; `undefined` when it showed nothing. */
export interface ShrunkViolation extends Shrunk {
  readonly property: Property;
}

/** Where candidates are run. */
export interface ShrinkGround {
  readonly session: Session;
  readonly lock: LockUnderTest;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  readonly signal: AbortSignal;
  readonly tell: (event: ShrinkEvent) => void;
}

/** @param wanted what the smaller plan is to show, if the plan shows it; default: the first broken promise, or else anything */
export async function shrinkPlan(
  ground: ShrinkGround,
  plan: Plan,
  wanted?: Property,
): Promise<ShrunkViolation | undefined> {
  const { lock, backend, signal, tell } = ground;
  const choice = await chooseProvisioner(backend, lock.module.backend, plan.topology);
  const effort = choice.kind === 'sim' ? EFFORT.simulated : EFFORT.real;
  const judge = (candidate: Plan): Promise<readonly Judgement[]> =>
    judgementsOf(ground, choice, candidate, effort.runs);
  const whole = await judge(plan);
  const broken = (judgement: Judgement): Property[] => brokenPromises(lock.module.claims, judgement);
  // What was never promised may be violated besides: it is looked at only if nothing else is.
  const shown = whole.some((judgement) => broken(judgement).length > 0) ? broken : violated;
  const found = whole.flatMap(shown);
  const property = wanted !== undefined && found.includes(wanted) ? wanted : found[0];
  if (property === undefined) return undefined;
  tell({ type: 'shrinking', property, provisioner: choice.kind });
  const shows = async (candidate: Plan): Promise<boolean> => {
    signal.throwIfAborted();
    return (await judge(candidate).catch(orNothing)).flatMap(shown).includes(property);
  };
  const onSmaller = (smaller: Plan, tries: number): void => tell({ type: 'smaller', plan: smaller, tries });
  const shrunk = await shrink(plan, shows, { tries: effort.tries, onSmaller });
  tell({ type: 'shrunk', property, ...shrunk });
  return { property, ...shrunk };
}

/** What breaks the contract under a smaller plan, or comes to no end, shows something else by it. */
function orNothing(error: unknown): readonly Judgement[] {
  if (error instanceof ContractBreach || error instanceof UnfinishedRun) return [];
  throw error;
}

const violated = ({ findings }: Judgement): Property[] =>
  findings.flatMap(({ finding }) => (finding.kind === 'violation' ? [finding.property] : []));

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
      ...{ search: undefined, exhaustive: false, listed: [], arenas: 1, timeMs: Infinity, always: runs },
      endsAt: () => true,
      folder: session.folder('shrinking'),
      onPlan: (event) => {
        if (event.type === 'judged') judgements.push(event.judgement);
      },
    },
    signal,
  );
  return judgements;
}
