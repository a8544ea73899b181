/** `conformance`: one table of cases that every lock passes on its real servers. */
import { Option, type Command } from 'commander';
import { TOPOLOGIES, type Topology } from 'holdfast-locks';
import { paintFor, type Paint } from '../../reports/terminal/paint.ts';
import { conformance as runCases, type ConformanceEvent, type ConformanceOfLock } from '../commands/conformance.ts';
import type { CaseResult } from '../conformance/suite.ts';
import { EXIT, type ExitCode } from '../verdict/exit-codes.ts';
import { loadConfig } from './config.ts';
import { interruptible, tellNothingToReport } from './interruptible.ts';
import { namesOf } from './lock-names.ts';
import {
  backendOptions,
  lockOptions,
  lockSettingsOf,
  serverOption,
  serversOf,
  wholeNumber,
  type LockOptions,
  type ServerOption,
  type ServerOptions,
} from './options.ts';

interface ConformanceOptions extends ServerOptions, ServerOption, LockOptions {
  readonly impl?: string;
  readonly case?: string;
  readonly topology?: Topology;
  readonly runs: number;
  readonly json?: boolean;
}

export function addConformance(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('conformance')
    .description('run the one table of cases that every lock must pass, on its real servers')
    .option('--impl <name|path,…>', 'only these locks; default: every reference lock of the catalogue')
    .option('--case <text>', 'only cases whose name contains this')
    .addOption(new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES))
    .option('--runs <n>', 'how many times in a row', wholeNumber(1), 1)
    .option('--json', 'print one JSON object');
  for (const option of [serverOption(), ...lockOptions('default: 800ms'), ...backendOptions()])
    command.addOption(option);
  command.action(async (options: ConformanceOptions) => done(await conformance(options)));
}

async function conformance(options: ConformanceOptions): Promise<ExitCode> {
  const { impl, topology, runs, json } = options;
  const config = await loadConfig();
  const request = {
    ...serversOf(options, config),
    ...lockSettingsOf(options, impl === undefined ? {} : config),
    topology,
    runs,
    case: options.case,
    impl: impl === undefined ? undefined : namesOf(impl, options.server),
  };
  const paint = paintFor(process.stdout);
  const show = (event: ConformanceEvent): void => {
    if (json !== true) process.stdout.write(`${textOf(event, runs, paint)}\n`);
  };
  return interruptible(async (signal) => {
    const { passed, conformance: results, interrupted } = await runCases(request, { signal, onEvent: show });
    if (interrupted && results.length === 0) tellNothingToReport('there was anything to report');
    else if (json === true) process.stdout.write(`${JSON.stringify({ conformance: results })}\n`);
    else if (results.length > 1) process.stdout.write(`${totalOf(results, paint)}\n`);
    return passed ? EXIT.ok : EXIT.violated;
  });
}

function textOf(event: ConformanceEvent, runs: number, paint: Paint): string {
  switch (event.type) {
    case 'lock':
      return paint('bold', `${event.lock}, ${event.topology}${runs > 1 ? `, run ${event.run}` : ''}`);
    case 'case':
      return lineOf(event, paint);
    case 'lock-ended':
      return `  ${tally(event.cases)}\n`;
  }
}

/** What failed, once more below everything else: who runs many locks reads the end. */
function totalOf(results: readonly ConformanceOfLock[], paint: Paint): string {
  const lines = results.flatMap(({ lock, cases }) =>
    cases.filter(({ outcome }) => outcome === 'failed').map((one) => `${lock}\n${lineOf(one, paint)}`),
  );
  return [...lines, `${results.length} runs of the table: ${tally(results.flatMap(({ cases }) => cases))}`].join('\n');
}

const MARKS = { passed: '✓', failed: '✗', 'not applicable': '○' } as const;

/** Of one case. */
export function lineOf({ name, outcome, detail, elapsedMs }: CaseResult, paint: Paint): string {
  const mark = paint(outcome === 'failed' ? 'red' : outcome === 'passed' ? 'green' : 'dim', MARKS[outcome]);
  if (outcome === 'passed') return `  ${mark} ${name} ${paint('dim', `${elapsedMs} ms`)}`;
  return `  ${mark} ${name}\n      ${outcome === 'failed' ? '' : 'not applicable: '}${detail ?? ''}`;
}

function tally(cases: readonly CaseResult[]): string {
  const count = (outcome: CaseResult['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('not applicable')} not applicable`;
}
