/** `bench`: how fast locks are under load, and whether they still lock then. */
import { callOf } from '../base/call.ts';
import { Option, type Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { bench as benchLocks } from '../commands/bench.ts';
import type { BenchEvent, BenchRequest } from '../commands/bench-request.ts';
import type { CommandOptions } from '../commands/caller.ts';
import type { RunResult } from '../commands/result.ts';
import { PRESETS } from '../load/presets.ts';
import type { ExitCode } from '../verdict/exit-codes.ts';
import { BenchProgress } from './bench-progress.ts';
import { HIGHEST_PORT } from '../load/metrics-server.ts';
import { loadConfig, type Config } from './config.ts';
import { loadOptions, loadRequestOf, type LoadOptions } from './load-options.ts';
import { namesOf } from './lock-names.ts';
import { outputOptions, serverOption, wholeNumber, type ServerOption } from './options.ts';
import type { Shown } from './render.ts';
import { showRun } from './show-run.ts';

interface BenchOptions extends LoadOptions, ServerOption, Shown {
  readonly impl?: string;
  readonly saturation?: boolean;
  readonly preset?: string;
  readonly metricsPort?: number;
}

export function addBench(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('bench')
    .description('load locks: throughput, latencies, fairness and cost, with histories that are checked')
    .option('--impl <name|path,…>', 'locks to load: names from "holdfast list", or paths of lock modules');
  command.addOption(
    new Option('--preset <name>', 'loads with figures that others have stated').choices(Object.keys(PRESETS)),
  );
  command.option('--metrics-port <n>', 'serve how it goes to Prometheus, on 127.0.0.1', wholeNumber(0, HIGHEST_PORT));
  command.option('--saturation', 'search for the capacity, and measure at shares of it');
  for (const option of [serverOption(), ...loadOptions(), ...outputOptions()]) command.addOption(option);
  command.action(async (options: BenchOptions) => done(await bench(options)));
}

async function bench(options: BenchOptions): Promise<ExitCode> {
  const request = requestOf(options, await loadConfig());
  const run = (running: CommandOptions<BenchEvent>): Promise<RunResult> => benchLocks(request, running);
  const progress = new BenchProgress(options.quiet === true || options.json === true);
  return showRun(run, progress, options, 'anything was measured: there is nothing to report');
}

function requestOf(options: BenchOptions, config: Config): BenchRequest {
  const { preset, metricsPort, saturation, hazard } = options;
  const impl = options.impl ?? config.impl;
  if (impl === undefined) throw new UsageError(`which lock? Give --impl NAME (see "${callOf('list')}") or --impl PATH`);
  return {
    ...loadRequestOf(options, config),
    ...{ preset, metricsPort, saturation, hazards: hazard, impl: namesOf(impl, options.server) },
  };
}
