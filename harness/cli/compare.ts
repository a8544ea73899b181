/** `compare`: locks or finished runs side by side, and gates a change against a baseline. */
import { existsSync, statSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { compareEntries, type CompareOptions as CompareSettings } from '../compare/compare.ts';
import type { Entry } from '../compare/entry.ts';
import { outcomeOf } from '../compare/outcome.ts';
import { baselinesOf, entriesOf } from '../compare/stored.ts';
import { UsageError } from '../base/errors.ts';
import { INTERLEAVED_LIMITS, STORED_LIMITS, type Limits } from '../gates/change.ts';
import { withThresholds } from '../gates/judge-thresholds.ts';
import { inspectMachine } from '../run/machine.ts';
import type { Report } from '../report/report.ts';
import { measureLocks, SHAPE, type CompareOptions } from './compare-locks.ts';
import { loadConfig, thresholdsOf } from './config.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { loadOptions } from './load-options.ts';
import { outputOptions, wholeNumber } from './options.ts';
import { beginRun } from './new-report.ts';
import { readReport } from './read-report.ts';
import { showReport } from './render.ts';
import { withSession } from './with-session.ts';

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
  const load = loadOptions(SHAPE).filter(({ long }) => long !== '--hazard');
  for (const option of [...load, ...outputOptions()]) command.addOption(option);
  command.action(async (runs: readonly string[], options: CompareOptions) => done(await compare(runs, options)));
}

function percent(value: string): number {
  const number = Number(/^(\d+(?:\.\d+)?) ?%?$/.exec(value)?.[1]);
  if (!(number > 0)) throw new InvalidArgumentError('expected a percentage above 0, such as 10.');
  return number / 100;
}

async function compare(runs: readonly string[], options: CompareOptions): Promise<ExitCode> {
  const config = await loadConfig();
  const run = beginRun('compare', options.out ?? config.out ?? 'runs');
  const { folder } = run;
  const thresholds = thresholdsOf(config, options);
  const stored = storedBaseline(options);
  const finish = async (entries: readonly Entry[], against: CompareSettings, seed: number): Promise<ExitCode> => {
    const comparison = compareEntries(entries, against);
    const locks = entries.map((entry) => withThresholds(entry.report, thresholds));
    const [machine = await inspectMachine(1000)] = entries.map((entry) => entry.machine);
    const outcome = outcomeOf(locks, comparison);
    await showReport(run.report({ machine, profile: 'compare', seed, locks, comparison, ...outcome }), folder, options);
    return outcome.exitCode;
  };
  if (runs.length > 0) {
    if (options.impl !== undefined || options.all === true)
      throw new UsageError('finished runs are compared, or locks are measured: give runs, or --impl, or --all');
    if (options.baseline !== undefined && stored === undefined)
      throw new UsageError(`--baseline: ${options.baseline} is no run; locks take turns with --impl or --all`);
    const entries = entriesOf(runs.map(readReport));
    if (entries.length === 0) throw new UsageError('there is no lock in those runs');
    return finish(entries, againstStored(stored, options), 0);
  }
  const against = againstStored(stored, options);
  const limits = limitsOf(options, INTERLEAVED_LIMITS);
  return withSession(async (session, signal) => {
    const measured = await measureLocks(session, { ...options, folder, limits }, config, stored === undefined, signal);
    if (signal.aborted) return EXIT.interrupted;
    const { entries, baseline, looks, seed } = measured;
    return finish(entries, baseline === undefined ? against : { baselines: [{ ...baseline, limits, looks }] }, seed);
  });
}

interface StoredBaseline {
  readonly path: string;
  readonly report: Report;
}

/** `undefined` for none, or for one that is a lock. */
function storedBaseline({ baseline }: CompareOptions): StoredBaseline | undefined {
  if (baseline === undefined || !existsSync(baseline)) return undefined;
  const isRun = statSync(baseline).isDirectory() || baseline.endsWith('.json');
  return isRun ? { path: baseline, report: readReport(baseline) } : undefined;
}

function againstStored(stored: StoredBaseline | undefined, options: CompareOptions): CompareSettings {
  if (stored === undefined) return {};
  const baselines = baselinesOf(stored.report, limitsOf(options, STORED_LIMITS));
  if (baselines.length === 0) throw new UsageError(`--baseline: ${stored.path} holds no benchmark`);
  return { baselines, baselineName: stored.report.run };
}

/** @throws UsageError when a warning would come after the failure */
function limitsOf({ warn, fail }: CompareOptions, usual: Limits): Limits {
  const limits = {
    warn: warn ?? Math.min(usual.warn, fail ?? usual.fail),
    fail: fail ?? Math.max(usual.fail, warn ?? 0),
  };
  if (limits.warn > limits.fail) throw new UsageError('--warn must not be above --fail');
  return limits;
}
