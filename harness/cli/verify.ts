/** `verify`: searches for violations of a lock's claims, and writes a run folder. */
import { callOf } from '../base/call.ts';
import { Option, type Command } from 'commander';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { UsageError } from '../base/errors.ts';
import type { CommandOptions } from '../commands/caller.ts';
import type { RunResult } from '../commands/result.ts';
import type { VerifyEvent } from '../commands/verify-events.ts';
import { verify as verifyLocks } from '../commands/verify.ts';
import type { VerifyRequest } from '../commands/verify-request.ts';
import { PROFILE_NAMES, type ProfileName } from '../plan/profiles.ts';
import type { ExitCode } from '../verdict/exit-codes.ts';
import { loadConfig, type Config } from './config.ts';
import { namesOf } from './lock-names.ts';
import {
  backendOptions,
  serverOption,
  type ServerOption,
  duration,
  hazards,
  lockOptions,
  lockSettingsOf,
  outputOptions,
  serversOf,
  shard,
  thresholdOption,
  thresholdsOf,
  wholeNumber,
  type LockOptions,
  type ServerOptions,
} from './options.ts';
import type { Shown } from './render.ts';
import { showRun } from './show-run.ts';
import { NO_PLAN_FINISHED, VerifyProgress } from './verify-progress.ts';

interface VerifyOptions extends ServerOptions, ServerOption, LockOptions, Shown {
  readonly impl?: string;
  readonly all?: boolean;
  readonly published?: boolean;
  readonly hazard?: readonly Hazard[];
  readonly scenario?: string;
  readonly topology?: Topology;
  readonly profile?: ProfileName;
  readonly workers?: number;
  readonly clients?: number;
  readonly hold?: number;
  readonly seed?: number;
  readonly runs?: number;
  readonly time?: number;
  readonly shard?: { readonly index: number; readonly of: number };
  readonly bail?: boolean;
  readonly exhaustive?: boolean;
  readonly requireAll?: boolean;
  readonly out?: string;
  readonly threshold?: readonly string[];
}

export function addVerify(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('verify')
    .description('search for violations of what a lock claims, on real servers under real faults')
    .option(
      '--impl <name|path,…>',
      'lock to test: a name from "holdfast list", or the path of a lock module; with decorators "redis-basic + retry"',
    )
    .option('--all', 'every reference lock of the catalogue')
    .option('--published', 'every published lock that this machine can run, in one report (docs/published-locks.md)')
    .option('--hazard <names>', 'only these hazards, comma-separated', hazards)
    .option('--scenario <name|path>', 'what the workers do', 'shared-counter')
    .addOption(new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES))
    .addOption(new Option('--profile <name>', 'how hard to try').choices(PROFILE_NAMES))
    .option('--workers <n>', 'worker processes', wholeNumber(1))
    .option('--clients <n>', 'clients in each worker process', wholeNumber(1))
    .option('--hold <duration>', 'longest time a lease is held for', duration)
    .option('--seed <n>', 'the same seed makes the same plans', wholeNumber(0))
    .option('--runs <n>', 'plans per hazard', wholeNumber(1))
    .option('--time <duration>', 'start no new plan after this', duration)
    .option('--shard <i/n>', 'run only this share of the plans', shard)
    .option('--exhaustive', 'simulated: every position of one fault with two workers and one cycle')
    .option('--bail', 'stop at the first violation of a claim')
    .option('--require-all', 'what cannot be produced here counts as not exercised');
  const locks = lockOptions('default: 600ms');
  for (const option of [serverOption(), ...locks, thresholdOption(), ...backendOptions(), ...outputOptions()])
    command.addOption(option);
  command.action(async (options: VerifyOptions) => done(await verify(options)));
}

async function verify(options: VerifyOptions): Promise<ExitCode> {
  const request = requestOf(options, await loadConfig());
  const run = (running: CommandOptions<VerifyEvent>): Promise<RunResult> => verifyLocks(request, running);
  return showRun(run, new VerifyProgress(options.quiet === true), options, NO_PLAN_FINISHED);
}

/** What the options say, or else the configuration. */
function requestOf(options: VerifyOptions, config: Config): VerifyRequest {
  const { scenario, topology, workers, clients, seed, runs, shard: share, all, published } = options;
  const { bail, exhaustive, requireAll } = options;
  const unnamed = all === true || published === true;
  const impl = options.impl ?? (unnamed ? undefined : config.impl);
  if (!unnamed && impl === undefined)
    throw new UsageError(`which lock? Give --impl NAME (see "${callOf('list')}"), --impl PATH, --all, or --published`);
  return {
    ...{ scenario, topology, workers, clients, seed, runs, all, published, bail, exhaustive, requireAll, shard: share },
    ...serversOf(options, config),
    impl: all === true || impl === undefined ? undefined : namesOf(impl, options.server),
    hazards: options.hazard,
    profile: options.profile ?? config.profile,
    ...lockSettingsOf(options, unnamed ? {} : config),
    holdMs: options.hold,
    timeMs: options.time,
    thresholds: thresholdsOf(config, options),
    out: options.out ?? config.out,
  };
}
