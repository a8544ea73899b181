/** `verify`: searches for violations of a lock's claims, and writes a run folder. */
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { claimOn, PROPERTIES, type Hazard } from '../../implementations/claims.ts';
import { catalogue } from '../../implementations/catalogue.ts';
import { TOPOLOGIES, type LockModule, type Topology } from '../../implementations/lock.ts';
import { startProgress, type Progress } from '../../reports/progress.ts';
import { paintFor } from '../../reports/terminal/paint.ts';
import { redactAddress } from '../backends/address.ts';
import { chooseProvisioner, type BackendChoice, type Choice } from '../backends/choose.ts';
import { addressesOf } from '../backends/external.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../errors.ts';
import { hazardsOf, type Plan } from '../plan/plan.ts';
import { makeDeck } from '../run/deck.ts';
import { inspectMachine } from '../run/machine.ts';
import { OFTEN, PROFILES, PROFILE_NAMES, type ProfileName } from '../run/profiles.ts';
import { runPlans, type LockUnderTest, type PlanEvent } from '../run/run.ts';
import { scenarioNames } from '../run/scenarios.ts';
import type { Evidence } from '../verdict/matrix.ts';
import { REPORT_VERSION, type LockReport, type Report } from '../verdict/report.ts';
import { loadConfig, type Config } from './config.ts';
import { conclusionOf, EXIT, exitCodeOf, worst, type ExitCode } from './exit-codes.ts';
import { externalFrom, type ExternalOptions } from './external-options.ts';
import { resolveLock, resolveLocks } from './locks.ts';
import { backendOptions, duration, hazards, outputOptions, shard, wholeNumber } from './options.ts';
import { showReport, type Shown } from './render.ts';
import { VERSION } from './version.ts';
import { withSession } from './with-session.ts';

/** The default lease: timers of busy machines are late by up to 140 ms, so shorter ones judge the machine. */
const LEASE_MS = 600;
/** More processes than this are judged by the scheduler rather than by the lock. */
const PROCESSES_AT_MOST = 10;

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
  readonly requireAll?: boolean;
  readonly out?: string;
}

export function addVerify(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('verify')
    .description('search for violations of what a lock claims, on real servers under real faults')
    .option('--impl <name|path,…>', 'lock to test: a name from "holdfast list", or the path of a lock module')
    .option('--all', 'every reference lock of the catalogue')
    .option('--hazard <names>', 'only these hazards, comma-separated', hazards)
    .option('--scenario <name|path>', 'what the workers do', 'shared-counter')
    .addOption(new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES))
    .addOption(new Option('--profile <name>', 'how hard to try').choices(PROFILE_NAMES))
    .option('--workers <n>', 'worker processes', wholeNumber(1))
    .option('--clients <n>', 'clients in each worker process', wholeNumber(1))
    .option('--lease <duration>', 'length of a lease', duration)
    .option('--hold <duration>', 'longest time a lease is held for', duration)
    .option('--seed <n>', 'the same seed makes the same plans', wholeNumber(0))
    .option('--runs <n>', 'plans per hazard', wholeNumber(1))
    .option('--time <duration>', 'start no new plan after this', duration)
    .option('--shard <i/n>', 'run only this share of the plans', shard)
    .option('--bail', 'stop at the first violation of a claim')
    .option('--require-all', 'what cannot be produced here counts as not exercised');
  for (const option of [...backendOptions(), ...outputOptions()]) command.addOption(option);
  command.action(async (options: VerifyOptions) => done(await verify(options)));
}

export async function verify(options: VerifyOptions): Promise<ExitCode> {
  const config = await loadConfig();
  const locks = await locksOf(options, config.impl);
  const settings = settingsOf(options, config);
  return verifyAndShow(locks, settings);
}

/** What the options say, or else the configuration, or else the defaults. @throws UsageError */
export function settingsOf(options: VerifyOptions, config: Config): Settings {
  if ((options.workers ?? 1) > PROCESSES_AT_MOST) {
    throw new UsageError(`--workers: at most ${PROCESSES_AT_MOST} processes; use --clients for more clients in each`);
  }
  const backend = options.backend ?? config.backend ?? 'auto';
  return {
    options,
    profileName: options.profile ?? config.profile ?? 'default',
    scenario: checkScenario(options.scenario ?? 'shared-counter'),
    out: options.out ?? config.out ?? 'runs',
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 31),
    leaseMs: options.lease ?? LEASE_MS,
    backend,
    external: externalFrom(options, config.external, backend),
    endsAt: () => options.bail === true,
  };
}

/** Runs a saved plan again, `runs` times. */
export async function verifyPlan(plan: Plan, options: VerifyOptions): Promise<ExitCode> {
  const config = await loadConfig();
  const lock = await resolveLock(plan.lock, plan.options);
  const settings = settingsOf(
    {
      ...options,
      topology: plan.topology,
      workers: plan.workers,
      hazard: plan.hazards,
      time: Infinity,
      scenario: plan.scenario,
    },
    config,
  );
  const deck = Array.from({ length: options.runs ?? 1 }, (_, index) => ({ ...plan, index: plan.index + index }));
  return verifyAndShow([lock], { ...settings, seed: plan.seed, leaseMs: plan.leaseMs, deck });
}

async function verifyAndShow(locks: readonly LockUnderTest[], settings: Settings): Promise<ExitCode> {
  return withSession(async (session, signal) => {
    const { report, folder } = await verifyLocks(session, locks, settings, signal);
    if (signal.aborted && report.locks.every(({ cells }) => cells.every(({ runs }) => runs === 0))) {
      process.stderr.write('holdfast: interrupted before the first plan had finished: there is nothing to report\n');
      await removeEmpty(folder);
      return EXIT.interrupted;
    }
    await showReport(report, folder, settings.options);
    return report.exitCode as ExitCode;
  });
}

/** As typed, but for credentials. */
function commandOf([command = '', ...args]: readonly string[]): string {
  return ['npm run', command, ...(args.length === 0 ? [] : ['--', ...args.map(redactAddress)])].join(' ');
}

async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  });
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
  readonly endsAt: (evidence: Evidence) => boolean;
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
  const startedAt = new Date();
  const began = performance.now();
  const choices: Choice[] = [];
  for (const { module } of locks) {
    const topology = topologyOf(module, settings);
    const choice = await chooseProvisioner(settings.backend, module.backend, topology);
    if (choice.kind === 'external') addressesOf({ backend: module.backend, topology }, settings.external);
    choices.push(choice);
  }
  const machine = await inspectMachine(settings.leaseMs);
  const run = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${locks.length === 1 ? (locks[0]?.module.name ?? '') : 'locks'}`;
  const folder = join(settings.out, run.replaceAll(/[^\w.-]/g, '-'));
  const reports: LockReport[] = [];
  for (const [index, lock] of locks.entries()) {
    if (signal.aborted) break;
    const choice = choices[index];
    if (choice === undefined) break;
    const subfolder = locks.length === 1 ? folder : join(folder, lock.module.name.replaceAll(/[^\w.-]/g, '-'));
    reports.push(await verifyLock(session, lock, choice, { ...settings, out: subfolder }, signal));
  }
  const strictness = { requireAll: settings.options.requireAll === true };
  const exitCode = signal.aborted ? EXIT.interrupted : worst(reports.map((report) => exitCodeOf(report, strictness)));
  const report: Report = {
    schemaVersion: REPORT_VERSION,
    tool: { name: 'holdfast', version: VERSION },
    run,
    startedAt: startedAt.toISOString(),
    elapsedMs: performance.now() - began,
    machine,
    command: commandOf(process.argv.slice(2)),
    profile: settings.profileName,
    seed: settings.seed,
    locks: reports,
    exitCode,
    conclusion: conclusionOf(exitCode, reports, strictness),
  };
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
  const { options, leaseMs, seed } = settings;
  const profile = PROFILES[settings.profileName];
  const topology = topologyOf(module, settings);
  const testable = hazardsOf(topology, module.backend).filter((hazard) => isClaimedOn(module, hazard));
  const wanted = options.hazard ?? profile.hazards.filter((hazard) => testable.includes(hazard));
  const foreign = wanted.find((hazard) => !testable.includes(hazard));
  if (foreign !== undefined)
    throw new UsageError(
      `${module.name} (${topology}) makes no claim on ${foreign}; it does on: ${testable.join(', ')}`,
    );
  const workers = options.workers ?? profile.workers;
  const deck = settings.deck
    ? { plans: settings.deck, firstRound: settings.deck.length }
    : makeDeck({
        sizes: {
          ...{ lock: lock.reference, options: lock.options, topology, scenario: settings.scenario, workers, leaseMs },
          clientsPerWorker: options.clients ?? 1,
          recoverMs: module.recoverMs,
          ...(options.hold === undefined ? {} : { holdMs: options.hold }),
        },
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
  progress.update({ doing: `starting ${module.backend} (${topology})`, total: deck.plans.length });
  try {
    return await runPlans(
      session,
      {
        ...{ lock, topology, provisioner: choice, external: settings.external, workers, leaseMs, deck: deck.plans },
        ...{ hazards: testable, listed: listedOf(settings, wanted), arenas: choice.kind === 'external' ? 1 : 2 },
        ...{ timeMs: options.time ?? profile.timeMs, endsAt: settings.endsAt, folder: settings.out },
        // A user's own bound is a bound; the profile's leaves no listed hazard out.
        always: options.time === undefined ? deck.firstRound : 0,
        onPlan: showing(progress, module.name),
      },
      signal,
    );
  } finally {
    progress.stop();
  }
}

function showing(progress: Progress, name: string): (event: PlanEvent) => void {
  let done = 0;
  let violations = 0;
  return (event) => {
    if (event.type === 'started') progress.update({ doing: `${name} under ${event.plan.hazards.join(' + ')}` });
    if (event.type !== 'judged') return;
    done++;
    if (event.failure !== undefined) {
      violations++;
      const { finding, hazards: active } = event.failure.charged;
      progress.note(`${finding.property} violated under ${active.join(' + ')}: ${finding.summary}`);
    }
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

/** @throws UsageError when the lock does not run on the wanted topology. */
function topologyOf(module: LockModule, settings: Settings): Topology {
  const wanted = settings.options.topology ?? module.topologies[0];
  if (!module.topologies.includes(wanted)) {
    throw new UsageError(`${module.name} does not run on "${wanted}"; it runs on: ${module.topologies.join(', ')}`);
  }
  return wanted;
}

async function locksOf(options: VerifyOptions, configured: string | undefined): Promise<LockUnderTest[]> {
  if (options.all) {
    const reference = [...catalogue.values()].filter(
      ({ module }) => module.specimen === undefined && module.backend !== 'memory',
    );
    return resolveLocks(reference.map(({ module }) => module.name).join(','));
  }
  const impl = options.impl ?? configured;
  if (impl === undefined)
    throw new UsageError('which lock? Give --impl NAME (see "npm run list"), --impl PATH, or --all');
  return resolveLocks(impl);
}

function checkScenario(scenario: string): string {
  if (scenarioNames().includes(scenario) || /[/\\]/.test(scenario)) return scenario;
  throw new UsageError(`there is no scenario named "${scenario}"; there are: ${scenarioNames().join(', ')}`);
}
