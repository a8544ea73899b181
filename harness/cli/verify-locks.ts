/** Verifying locks one after another, as the settings say, and making one report of it. */
import { join } from 'node:path';
import { claimOn, PROPERTIES, type Hazard } from 'holdfast-locks/internal/claims';
import type { LockModule, Topology } from 'holdfast-locks';
import { startProgress, type Progress } from './progress.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import { SIMULATION_NOTE } from '../../reports/wording.ts';
import type { BackendChoice, Choice } from '../backends/choose.ts';
import { chooseProvisioner } from '../commands/choose-provisioner.ts';
import { addressesOf } from '../backends/external.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { withThresholds, type Threshold } from '../gates/threshold.ts';
import { hazardsOf, type Plan } from '../plan/plan.ts';
import { sizesOf } from '../plan/arbitrary.ts';
import { makeDeck } from '../run/deck.ts';
import { inspectMachine } from '../run/machine.ts';
import { OFTEN, PROFILES, type ProfileName } from '../plan/profiles.ts';
import type { LockUnderTest, PlanEvent, RunRequest } from '../run/request.ts';
import { runPlans } from '../commands/run-plans.ts';
import type { Evidence } from '../verdict/matrix.ts';
import type { LockReport, Report } from '../report/report.ts';
import { conclude } from '../verdict/exit-codes.ts';
import type { ExternalOptions } from './external-options.ts';
import { foresee, type Foreseen } from './foresee.ts';
import { topologyOf } from './locks.ts';
import { beginRun, namedAfter } from './new-report.ts';
import { fileName } from './run-name.ts';
import type { Shown } from './render.ts';

export interface VerifyOptions extends ExternalOptions, Shown {
  readonly impl?: string;
  readonly all?: boolean;
  readonly hazard?: readonly Hazard[];
  readonly scenario?: string;
  readonly topology?: Topology;
  readonly profile?: ProfileName;
  readonly backend?: BackendChoice;
  readonly workers?: number;
  readonly clients?: number;
  readonly lease?: number;
  readonly hold?: number;
  readonly seed?: number;
  readonly runs?: number;
  readonly time?: number;
  readonly shard?: { index: number; of: number };
  readonly bail?: boolean;
  readonly exhaustive?: boolean;
  readonly requireAll?: boolean;
  readonly out?: string;
  readonly threshold?: readonly Threshold[];
}

export interface Settings {
  readonly options: VerifyOptions;
  readonly profileName: ProfileName;
  readonly scenario: string;
  readonly out: string;
  readonly seed: number;
  readonly leaseMs: number;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  readonly thresholds: readonly Threshold[];
  readonly endsAt: (evidence: Evidence) => boolean;
  /** Whether real servers are given what a short search in the simulation finds. */
  readonly foresees: boolean;
  /** Instead of the plans that the profile would make. */
  readonly deck?: readonly Plan[];
}

/** Verifies one lock after another. */
export async function verifyLocks(
  session: Session,
  locks: readonly LockUnderTest[],
  settings: Settings,
  signal: AbortSignal,
): Promise<{ report: Report; folder: string }> {
  const run = beginRun(namedAfter(locks), settings.out);
  const { folder } = run;
  const choices: Choice[] = [];
  for (const { module } of locks) {
    const topology = topologyOf(module, settings.options.topology);
    const choice = await chooseProvisioner(settings.backend, module.backend, topology);
    if (choice.kind === 'external') addressesOf({ backend: module.backend, topology }, settings.external);
    choices.push(choice);
  }
  const machine = await inspectMachine(settings.leaseMs);
  const reports: LockReport[] = [];
  for (const [index, lock] of locks.entries()) {
    if (signal.aborted) break;
    const choice = choices[index];
    if (choice === undefined) break;
    const subfolder = locks.length === 1 ? folder : join(folder, fileName(lock.module.name));
    const verified = await verifyLock(session, lock, choice, { ...settings, out: subfolder }, signal);
    reports.push(withThresholds(verified, settings.thresholds));
  }
  const strictness = { requireAll: settings.options.requireAll === true };
  const report = run.report({
    machine,
    profile: settings.profileName,
    seed: settings.seed,
    locks: reports,
    ...conclude(reports, strictness, signal.aborted),
  });
  return { report, folder };
}

async function verifyLock(
  session: Session,
  lock: LockUnderTest,
  choice: Choice,
  settings: Settings,
  signal: AbortSignal,
): Promise<LockReport> {
  const { module } = lock;
  const { options, seed } = settings;
  const leaseMs = leaseOf(module, settings);
  const profile = PROFILES[settings.profileName];
  const topology = topologyOf(module, settings.options.topology);
  const testable = hazardsOf(topology, module.backend).filter((hazard) => isClaimedOn(module, hazard));
  const wanted = options.hazard ?? profile.hazards.filter((hazard) => testable.includes(hazard));
  const foreign = wanted.find((hazard) => !testable.includes(hazard));
  if (foreign !== undefined)
    throw new UsageError(
      `${module.name} (${topology}) makes no claim on ${foreign}; it does on: ${testable.join(', ')}`,
    );
  const workers = options.exhaustive === true ? 2 : (options.workers ?? profile.workers);
  const { scenario } = settings;
  const sizes = {
    ...{ lock: lock.reference, options: lock.options, topology, scenario, workers, leaseMs },
    ...sizesOf(module),
    ...(options.clients === undefined ? {} : { clientsPerWorker: options.clients }),
    ...(options.hold === undefined ? {} : { holdMs: options.hold }),
  };
  const deck = settings.deck
    ? { plans: settings.deck, firstRound: settings.deck.length }
    : makeDeck({
        sizes,
        hazards: wanted,
        rounds: options.runs ?? profile.rounds,
        often: options.runs === undefined ? OFTEN : wanted,
        pairs: options.hazard === undefined ? profile.pairs : 0,
        seed,
        ...(options.shard === undefined ? {} : { shard: options.shard }),
      });
  const progress = startProgress({
    output: process.stderr,
    quiet: options.quiet === true,
    paint: paintFor(process.stderr),
  });
  progress.note(`${module.name} on ${module.backend} (${topology}), ${choice.kind}: ${choice.reason}`);
  const simulated = choice.kind === 'sim';
  const exhaustive = options.exhaustive === true;
  if (exhaustive && !simulated) throw new UsageError('--exhaustive is for simulations: add --backend sim');
  if (simulated) progress.note(`simulation: ${SIMULATION_NOTE}`);
  progress.update({ doing: `starting ${module.backend} (${topology})`, total: deck.plans.length });
  const space = { sizes, hazards: wanted, seed: seed + (options.shard?.index ?? 0) };
  // Who says how many plans there shall be, or which, wants no others.
  const searches = settings.deck === undefined && options.runs === undefined;
  const request: RunRequest = {
    ...{ lock, topology, scenario, provisioner: choice, external: settings.external, workers, leaseMs },
    ...{ hazards: testable, listed: listedOf(settings, wanted), arenas: choice.kind === 'external' ? 1 : 2 },
    ...{
      endsAt: settings.endsAt,
      folder: settings.out,
      onPlan: showing(progress, module.name, deck.plans.length),
      exhaustive,
    },
    deck: exhaustive ? [] : deck.plans,
    search: simulated && searches ? space : undefined,
    timeMs: options.time ?? (exhaustive ? Infinity : simulated ? profile.simulatedMs : profile.timeMs),
    // A user's own bound is a bound; the profile's leaves no listed hazard out.
    always: options.time === undefined ? deck.firstRound : 0,
  };
  try {
    const foreseen =
      !simulated && searches && settings.foresees
        ? await foresee(session, request, space, settings, signal)
        : undefined;
    return await runForeseen(session, request, foreseen, signal);
  } finally {
    progress.stop();
  }
}

/** What the simulation found comes first, and the report says what became of it. */
async function runForeseen(
  session: Session,
  request: RunRequest,
  foreseen: Foreseen | undefined,
  signal: AbortSignal,
): Promise<LockReport> {
  if (foreseen === undefined) return runPlans(session, request, signal);
  const { plans, watch, summary } = foreseen;
  const onPlan = (event: PlanEvent): void => {
    watch(event);
    request.onPlan(event);
  };
  const deck = [...plans, ...request.deck];
  request.onPlan({ type: 'foreseen', plans: plans.length });
  const report = await runPlans(session, { ...request, deck, always: request.always + plans.length, onPlan }, signal);
  const search = summary();
  return search === undefined ? report : { ...report, search };
}

function showing(progress: Progress, name: string, deckSize: number): (event: PlanEvent) => void {
  let done = 0;
  let violations = 0;
  /** Of an exhaustive run. */
  let total: number | undefined;
  const told = new Set<string>();
  return (event) => {
    if (event.type === 'started') progress.update({ doing: `${name} under ${event.plan.hazards.join(' + ')}` });
    if (event.type === 'foreseen') progress.update({ total: deckSize + event.plans });
    if (event.type === 'exhaustive') {
      const { positions, plans } = event;
      total = plans;
      progress.note(`${name}: ${positions} positions, ${plans} plans: each fault at each position`);
      progress.update({ doing: `${name}, every position`, total: plans });
    }
    if (event.type !== 'judged') return;
    done++;
    violations += event.failures.length;
    for (const { charged } of event.failures) {
      const { finding, hazards: active } = charged;
      // A search finds the same again and again.
      const kind = `${finding.property} ${active.join(' ')}`;
      if (told.has(kind)) continue;
      told.add(kind);
      progress.note(`${finding.property} violated under ${active.join(' + ')}: ${finding.summary}`);
    }
    if (done === total) progress.note(`${name}: all ${total} plans were tried`);
    progress.update({ done, violations });
  };
}

/** A plan of two hazards exercises neither alone. */
function listedOf({ deck }: Settings, wanted: readonly Hazard[]): readonly Hazard[] {
  return deck === undefined
    ? wanted
    : deck.flatMap(({ hazards: [first, second] }) => (first === undefined || second !== undefined ? [] : [first]));
}

const isClaimedOn = (module: LockModule, hazard: Hazard): boolean =>
  PROPERTIES.some((property) => claimOn(module.claims, property, hazard) !== 'not-applicable');

/** @throws UsageError when a shorter lease is asked for than the lock grants. */
function leaseOf(module: LockModule, { options, leaseMs }: Settings): number {
  const least = module.leastLeaseMs ?? 0;
  if ((options.lease ?? Infinity) < least) throw new UsageError(`${module.name} grants no lease below ${least} ms`);
  return Math.max(leaseMs, least);
}
