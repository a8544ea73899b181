/** `replay`: runs a plan again. */
import { Option, type Command } from 'commander';
import { replay as replayPlan, shrink, type ShrinkRequest } from '../commands/replay.ts';
import type { CommandOptions } from '../commands/caller.ts';
import type { RunResult } from '../commands/result.ts';
import type { VerifyEvent } from '../commands/verify-events.ts';
import { EXIT, worst, type ExitCode } from '../verdict/exit-codes.ts';
import { loadConfig, type Config } from './config.ts';
import { interruptible, tellNothingToReport } from './interruptible.ts';
import {
  backendOptions,
  lockOptions,
  outputOptions,
  serversOf,
  thresholdsOf,
  wholeNumber,
  type LockOptions,
  type ServerOptions,
} from './options.ts';
import { sizeOf } from './plan-size.ts';
import type { Shown } from './render.ts';
import { showRun } from './show-run.ts';
import { NO_PLAN_FINISHED, ShrinkProgress, VerifyProgress } from './verify-progress.ts';

interface ReplayOptions extends ServerOptions, LockOptions, Shown {
  readonly runs: number;
  readonly shrink?: boolean;
  readonly trust?: boolean;
  readonly out?: string;
}

export function addReplay(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('replay')
    .description('run a saved plan again')
    .argument('<plan|run>', 'a plan file, or a run folder: then the plan of its first counterexample')
    .addOption(new Option('--runs <n>', 'how often').argParser(wholeNumber(1)).default(1))
    .option('--shrink', 'look for a smaller plan that shows the same violation, and run that one')
    .option('--trust', 'run code outside of this project that the plan names');
  const locks = lockOptions('default: that of the plan, which is else stretched');
  for (const option of [...locks, ...backendOptions(), ...outputOptions()]) command.addOption(option);
  command.action(async (path: string, options: ReplayOptions) => {
    const config = await loadConfig();
    const { options: lock, lease, trust } = options;
    const changes = { options: lock, leaseMs: lease, trust };
    const request = { ...serversOf(options, config), ...changes, plan: path, out: options.out ?? config.out };
    done(await (options.shrink === true ? shrinkAndReplay : replay)(request, options, config));
  });
}

function replay(request: ShrinkRequest, options: ReplayOptions, config: Config): Promise<ExitCode> {
  const asked = { ...request, runs: options.runs, thresholds: thresholdsOf(config, {}) };
  const run = (running: CommandOptions<VerifyEvent>): Promise<RunResult> => replayPlan(asked, running);
  return showRun(run, new VerifyProgress(options.quiet === true), options, NO_PLAN_FINISHED);
}

/** Looks for a smaller plan that shows the same, and runs it. */
async function shrinkAndReplay(request: ShrinkRequest, options: ReplayOptions, config: Config): Promise<ExitCode> {
  const progress = new ShrinkProgress(options.quiet === true);
  let smallest: string | undefined;
  const code = await interruptible(async (signal) => {
    try {
      const shrunk = await shrink(request, { signal, onEvent: (event) => progress.take(event) });
      switch (shrunk.outcome) {
        case 'interrupted':
          tellNothingToReport('there was anything to report');
          return EXIT.interrupted;
        case 'no-violation':
          process.stderr.write('holdfast: the plan broke nothing that is claimed: there is nothing to shrink\n');
          return EXIT.inconclusive;
        case 'shrunk': {
          const { property, plan, tries, file } = shrunk;
          smallest = file;
          process.stderr.write(`${property}: ${sizeOf(plan)}, after ${tries} smaller plans were tried: ${file}\n`);
          return EXIT.violated;
        }
      }
    } finally {
      progress.stop();
    }
  });
  if (smallest === undefined || code !== EXIT.violated) return code;
  // It was violated, also where servers with a timing of their own do not show it once more.
  const smaller = { ...request, plan: smallest, leaseMs: undefined, options: undefined };
  return worst([code, await replay(smaller, options, config)]);
}
