/** `compare`: locks or finished runs side by side, and gates a change against a baseline. */
import { callOf } from '../base/call.ts';
import { InvalidArgumentError, type Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { CommandOptions } from '../commands/caller.ts';
import { compare as compareLocks } from '../commands/compare.ts';
import type { CompareEvent, CompareRequest } from '../commands/compare-request.ts';
import { COMPARED_SHAPE } from '../commands/load-request.ts';
import type { RunResult } from '../commands/result.ts';
import type { ExitCode } from '../verdict/exit-codes.ts';
import { loadConfig, type Config } from './config.ts';
import { loadOptions, loadRequestOf, type LoadOptions } from './load-options.ts';
import { namesOf } from './lock-names.ts';
import { outputOptions, serverOption, wholeNumber, type ServerOption } from './options.ts';
import type { Progress } from './progress.ts';
import type { Shown } from './render.ts';
import { showRun } from './show-run.ts';
import { progressOnStderr } from './stderr-progress.ts';

interface CompareOptions extends LoadOptions, ServerOption, Shown {
  readonly impl?: string;
  readonly all?: boolean;
  readonly rounds?: number;
  readonly baseline?: string;
  /** Shares. */
  readonly warn?: number;
  readonly fail?: number;
}

export function addCompare(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('compare')
    .description('locks or finished runs side by side: cost, guarantees, ranks; against a baseline, a gate')
    .argument('[runs...]', 'finished runs (folders or report.json); without them, locks are measured in turns')
    .option('--impl <name|path,…>', 'locks to measure in turns')
    .option('--all', 'every reference lock of the catalogue that can be measured here')
    .option('--rounds <n>', 'how often each takes its turn (default: 8; against a lock 8, 16 or 32)', wholeNumber(1))
    .option('--baseline <run|lock>', 'hold it against a stored run, or against a lock that takes turns with the others')
    .option('--warn <percent>', 'how much worse is a warning (default: 5; stored baseline: 10)', percent)
    .option('--fail <percent>', 'how much worse is a failure (default: 10; stored baseline: 20)', percent);
  // What faults do to a lock is not compared.
  const load = loadOptions(COMPARED_SHAPE).filter(({ long }) => long !== '--hazard');
  for (const option of [serverOption(), ...load, ...outputOptions()]) command.addOption(option);
  command.action(async (runs: readonly string[], options: CompareOptions) => done(await compare(runs, options)));
}

function percent(value: string): number {
  const number = Number(/^(\d+(?:\.\d+)?) ?%?$/.exec(value)?.[1]);
  if (!(number > 0)) throw new InvalidArgumentError('expected a percentage above 0, such as 10.');
  return number / 100;
}

async function compare(runs: readonly string[], options: CompareOptions): Promise<ExitCode> {
  const request = requestOf(runs, options, await loadConfig());
  const run = (running: CommandOptions<CompareEvent>): Promise<RunResult> => compareLocks(request, running);
  const progress = progressOnStderr(options.quiet === true || options.json === true, 'turns');
  const display = {
    take: (event: CompareEvent): void => showProgress(progress, event),
    stop: (): void => progress.stop(),
  };
  return showRun(run, display, options);
}

function requestOf(runs: readonly string[], options: CompareOptions, config: Config): CompareRequest {
  const { all, rounds, baseline, warn, fail } = options;
  const impl = runs.length > 0 ? options.impl : (options.impl ?? config.impl);
  if (runs.length === 0 && all !== true && impl === undefined)
    throw new UsageError(
      `what shall be compared? Give finished runs, --impl NAME,NAME (see "${callOf('list')}"), or --all`,
    );
  return {
    ...loadRequestOf(options, config),
    ...{ runs, all, rounds, baseline, warn, fail },
    impl: impl === undefined ? undefined : namesOf(impl, options.server),
  };
}

function showProgress(progress: Progress, event: CompareEvent): void {
  switch (event.type) {
    case 'left-out':
      return progress.note(`${event.lock} is left out: ${event.reason}`);
    case 'planned':
      return progress.update({ total: event.turns });
    case 'starting':
      return progress.update({ doing: `starting ${event.locks.join(', ')}` });
    case 'turn': {
      const most = event.settlesEarlier ? `of at most ${event.rounds}` : `of ${event.rounds}`;
      return progress.update({ doing: `${event.lock}, round ${event.round} ${most}`, done: event.done });
    }
    case 'reported':
      return progress.stop();
  }
}
