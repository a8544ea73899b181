/** `bench`: how fast locks are under load, and whether they still lock then. */
import { Option, type Command } from 'commander';
import { callOf } from '../base/call.ts';
import { UsageError } from '../base/errors.ts';
import { PRESETS } from '../load/presets.ts';
import { benchLocks, type BenchOptions } from './bench-locks.ts';
import { loadConfig, thresholdsOf } from './config.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { externalFrom } from './external-options.ts';
import { loadOptions } from './load-options.ts';
import { resolveLocks } from './locks.ts';
import { outputOptions, wholeNumber } from './options.ts';
import { showReport } from './render.ts';
import { withSession } from './with-session.ts';

export function addBench(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('bench')
    .description('load locks: throughput, latencies, fairness and cost, with histories that are checked')
    .option('--impl <name|path,…>', 'locks to load: names from "holdfast list", or paths of lock modules');
  command.addOption(
    new Option('--preset <name>', 'loads with figures that others have stated').choices(Object.keys(PRESETS)),
  );
  command.option('--metrics-port <n>', 'serve how it goes to Prometheus, on 127.0.0.1', wholeNumber(0));
  command.option('--saturation', 'search for the capacity, and measure at shares of it');
  for (const option of [...loadOptions(), ...outputOptions()]) command.addOption(option);
  command.action(async (options: BenchOptions) => done(await bench(options)));
}

async function bench(options: BenchOptions): Promise<ExitCode> {
  const config = await loadConfig();
  const impl = options.impl ?? config.impl;
  if (impl === undefined) throw new UsageError(`which lock? Give --impl NAME (see "${callOf('list')}") or --impl PATH`);
  const locks = await resolveLocks(impl);
  const backend = options.backend ?? config.backend ?? 'auto';
  const settings = {
    options,
    backend,
    external: externalFrom(options, config.external, backend),
    out: options.out ?? config.out ?? 'runs',
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 31),
    thresholds: thresholdsOf(config, options),
  };
  return withSession(async (session, signal) => {
    const { report, folder } = await benchLocks(session, locks, settings, signal);
    if (signal.aborted && report.locks.length === 0) {
      process.stderr.write('holdfast: interrupted before anything was measured: there is nothing to report\n');
      return EXIT.interrupted;
    }
    await showReport(report, folder, options);
    return report.exitCode;
  });
}
