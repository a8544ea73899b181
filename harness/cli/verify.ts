/** `verify`: searches for violations of a lock's claims, and writes a run folder. */
import { rmdir } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { TOPOLOGIES } from 'holdfast-locks';
import { callOf } from '../base/call.ts';
import { UsageError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { PROFILE_NAMES } from '../plan/profiles.ts';
import type { LockUnderTest } from '../run/request.ts';
import { scenarioNames } from '../run/scenarios.ts';
import { loadConfig, thresholdsOf, type Config } from './config.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { externalFrom } from './external-options.ts';
import { referenceLocks, resolveLock, resolveLocks } from './locks.ts';
import {
  backendOptions,
  checkWorkers,
  duration,
  hazards,
  outputOptions,
  shard,
  thresholdOption,
  wholeNumber,
} from './options.ts';
import { showReport } from './render.ts';
import { keepPlan, shrinkPlan, sizeOf } from './shrink.ts';
import { verifyLocks, type Settings, type VerifyOptions } from './verify-locks.ts';
import { withSession } from './with-session.ts';

/** The default lease: timers of busy machines are late by up to 140 ms, so shorter ones judge the machine. */
const LEASE_MS = 600;

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
    .option('--exhaustive', 'simulated: every position of one fault with two workers and one cycle')
    .option('--bail', 'stop at the first violation of a claim')
    .option('--require-all', 'what cannot be produced here counts as not exercised');
  for (const option of [thresholdOption(), ...backendOptions(), ...outputOptions()]) command.addOption(option);
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
  checkWorkers(options.workers);
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
    thresholds: thresholdsOf(config, options),
    endsAt: () => options.bail === true,
    foresees: true,
  };
}

/** Looks for a smaller plan that shows the same, keeps it, and runs it. */
export async function shrinkAndVerify(plan: Plan, options: VerifyOptions): Promise<ExitCode> {
  const lock = await resolveLock(plan.lock, plan.options);
  const settings = settingsForPlan(plan, options, await loadConfig());
  let smallest: Plan | undefined;
  const code = await withSession(async (session, signal) => {
    const shrunk = await shrinkPlan(session, lock, plan, settings, signal);
    if (shrunk === undefined) {
      process.stderr.write('holdfast: the plan showed no violation: there is nothing to shrink\n');
      return EXIT.inconclusive;
    }
    smallest = shrunk.plan;
    const file = keepPlan(smallest, settings.out);
    const { property, tries } = shrunk;
    process.stderr.write(`${property}: ${sizeOf(smallest)}, after ${tries} smaller plans were tried: ${file}\n`);
    return EXIT.ok;
  });
  return smallest === undefined ? code : verifyPlan(smallest, options);
}

/** Runs a saved plan again, `runs` times. */
export async function verifyPlan(plan: Plan, options: VerifyOptions): Promise<ExitCode> {
  const lock = await resolveLock(plan.lock, plan.options);
  const settings = settingsForPlan(plan, options, await loadConfig());
  const deck = Array.from({ length: options.runs ?? 1 }, (_, index) => ({ ...plan, index: plan.index + index }));
  return verifyAndShow([lock], { ...settings, seed: plan.seed, leaseMs: plan.leaseMs, deck });
}

function settingsForPlan(plan: Plan, options: VerifyOptions, config: Config): Settings {
  return settingsOf(
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
    return report.exitCode;
  });
}

async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  });
}

async function locksOf(options: VerifyOptions, configured: string | undefined): Promise<LockUnderTest[]> {
  if (options.all === true) return referenceLocks();
  const impl = options.impl ?? configured;
  if (impl === undefined)
    throw new UsageError(`which lock? Give --impl NAME (see "${callOf('list')}"), --impl PATH, or --all`);
  return resolveLocks(impl);
}

function checkScenario(scenario: string): string {
  if (scenarioNames().includes(scenario) || /[/\\]/.test(scenario)) return scenario;
  throw new UsageError(`there is no scenario named "${scenario}"; there are: ${scenarioNames().join(', ')}`);
}
