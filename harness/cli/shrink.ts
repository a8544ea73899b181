/** `replay --shrink`: looks for a smaller plan that shows the same violation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Property } from 'holdfast-locks/internal/claims';
import { startProgress } from './progress.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import type { Choice } from '../backends/choose.ts';
import { chooseProvisioner } from '../commands/choose-provisioner.ts';
import type { Session } from '../backends/session.ts';
import { ContractBreach, UnfinishedRun } from '../plan/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { shrink, type Shrunk } from '../plan/shrink.ts';
import type { LockUnderTest } from '../run/request.ts';
import { runPlans } from '../commands/run-plans.ts';
import type { Judgement } from '../verdict/judge.ts';
import { brokenPromises } from '../verdict/matrix.ts';
import { fileName } from './run-name.ts';
import type { Settings } from './verify-locks.ts';

/** Of a simulation each candidate is decided at once; of real servers each is tried several times, for seconds. */
const EFFORT = { simulated: { tries: 2000, runs: 1 }, real: { tries: 40, runs: 3 } } as const;

/** What a plan showed, and the smallest plan found that shows it too; `undefined` when it showed nothing. */
export interface ShrunkViolation extends Shrunk {
  readonly property: Property;
}

/** @param wanted what the smaller plan is to show, if the plan shows it; default: the first broken promise, or else anything */
export async function shrinkPlan(
  session: Session,
  lock: LockUnderTest,
  plan: Plan,
  settings: Settings,
  signal: AbortSignal,
  wanted?: Property,
): Promise<ShrunkViolation | undefined> {
  const choice = await chooseProvisioner(settings.backend, lock.module.backend, plan.topology);
  const effort = choice.kind === 'sim' ? EFFORT.simulated : EFFORT.real;
  const judge = (candidate: Plan): Promise<readonly Judgement[]> =>
    judgementsOf({ session, lock, choice, settings, signal }, candidate, effort.runs);
  const whole = await judge(plan);
  const broken = (judgement: Judgement): Property[] => brokenPromises(lock.module.claims, judgement);
  // What was never promised may be violated besides: it is looked at only if nothing else is.
  const shown = whole.some((judgement) => broken(judgement).length > 0) ? broken : violated;
  const found = whole.flatMap(shown);
  const property = wanted !== undefined && found.includes(wanted) ? wanted : found[0];
  if (property === undefined) return undefined;
  const progress = startProgress({
    output: process.stderr,
    quiet: settings.options.quiet === true,
    paint: paintFor(process.stderr),
  });
  progress.note(`${property} violated: looking for a smaller plan (${choice.kind})`);
  try {
    const shows = async (candidate: Plan): Promise<boolean> => {
      signal.throwIfAborted();
      return (await judge(candidate).catch(orNothing)).flatMap(shown).includes(property);
    };
    const onSmaller = (smaller: Plan, tries: number): void => progress.update({ doing: sizeOf(smaller), done: tries });
    return { property, ...(await shrink(plan, shows, { tries: effort.tries, onSmaller })) };
  } finally {
    progress.stop();
  }
}

/** @param what begins the name of the file. @returns where the plan is kept */
export function keepPlan(plan: Plan, out: string, what = 'shrunk'): string {
  mkdirSync(out, { recursive: true });
  const file = join(out, `${what}-${fileName(plan.lock)}-${plan.seed}-${plan.index}.json`);
  writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`);
  return file;
}

/** In words: what is left of it. */
export function sizeOf({ faults, workers, cycles, clockSkew }: Plan): string {
  const kinds = faults.map(({ hazard }) => hazard).join(', ');
  const what = faults.length === 0 ? 'no faults' : `${faults.length} fault${faults.length === 1 ? '' : 's'} (${kinds})`;
  const work = cycles === undefined ? '' : `, ${cycles} cycle${cycles === 1 ? '' : 's'} each`;
  const clocks = clockSkew === undefined ? '' : `, clocks off by up to ${clockSkew * 100} %`;
  return `${what}, ${workers} workers${work}${clocks}`;
}

/** What breaks the contract under a smaller plan, or comes to no end, shows something else by it. */
function orNothing(error: unknown): readonly Judgement[] {
  if (error instanceof ContractBreach || error instanceof UnfinishedRun) return [];
  throw error;
}

const violated = ({ findings }: Judgement): Property[] =>
  findings.flatMap(({ finding }) => (finding.kind === 'violation' ? [finding.property] : []));

interface Ground {
  readonly session: Session;
  readonly lock: LockUnderTest;
  readonly choice: Choice;
  readonly settings: Settings;
  readonly signal: AbortSignal;
}

async function judgementsOf(ground: Ground, plan: Plan, runs: number): Promise<readonly Judgement[]> {
  const { session, lock, choice, settings, signal } = ground;
  const judgements: Judgement[] = [];
  const { topology, scenario, workers, leaseMs, hazards } = plan;
  await runPlans(
    session,
    {
      ...{ lock, topology, scenario, provisioner: choice, external: settings.external, workers, leaseMs, hazards },
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
