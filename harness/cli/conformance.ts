/** `conformance`: one table of cases that every lock passes on its real servers. */
import { Option, type Command } from 'commander';
import { TOPOLOGIES, type LockModule, type Topology } from 'holdfast-locks';
import { paintFor, type Paint } from '../../reports/terminal/paint.ts';
import { chooseReal, startDeployment, type BackendChoice } from '../backends/choose.ts';
import { layoutOf, type Deployment } from '../backends/deployment.ts';
import type { ExternalConfig } from '../backends/external-config.ts';
import type { Session } from '../backends/session.ts';
import { CASES } from '../conformance/cases.ts';
import { CLIENTS_PER_CASE } from '../conformance/case.ts';
import { AT_ONCE, runCases, type CaseResult } from '../conformance/suite.ts';
import { UsageError } from '../base/errors.ts';
import { nodesOf } from '../plan/plan.ts';
import type { LockUnderTest } from '../run/request.ts';
import { loadConfig } from './config.ts';
import { EXIT, worst, type ExitCode } from '../verdict/exit-codes.ts';
import { externalFrom, type ExternalOptions } from './external-options.ts';
import { referenceLocks, resolveLocks } from './locks.ts';
import { backendOptions, wholeNumber } from './options.ts';
import { withSession } from './with-session.ts';

interface ConformanceOptions extends ExternalOptions {
  readonly impl?: string;
  readonly case?: string;
  readonly topology?: Topology;
  readonly backend?: BackendChoice;
  readonly runs: number;
  readonly json?: boolean;
}

export interface ConformanceResult {
  readonly lock: string;
  readonly topology: Topology;
  readonly run: number;
  readonly cases: readonly CaseResult[];
}

/** A lease that timers of a busy machine do not miss. */
const LEASE_MS = 800;

export function addConformance(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('conformance')
    .description('run the one table of cases that every lock must pass, on its real servers')
    .option('--impl <name|path,…>', 'only these locks; default: every reference lock of the catalogue')
    .option('--case <text>', 'only cases whose name contains this')
    .addOption(new Option('--topology <name>', 'topology of the backend').choices(TOPOLOGIES))
    .option('--runs <n>', 'how many times in a row', wholeNumber(1), 1)
    .option('--json', 'print one JSON object');
  for (const option of backendOptions()) command.addOption(option);
  command.action(async (options: ConformanceOptions) => done(await conformance(options)));
}

async function conformance(options: ConformanceOptions): Promise<ExitCode> {
  const config = await loadConfig();
  const backend = options.backend ?? config.backend ?? 'auto';
  const external = externalFrom(options, config.external, backend);
  const locks = await (options.impl === undefined ? referenceLocks() : resolveLocks(options.impl));
  const cases = CASES.filter(({ name }) => name.includes(options.case ?? ''));
  if (cases.length === 0) throw new UsageError(`no case has "${options.case}" in its name`);
  return withSession(async (session, signal) => {
    const paint = paintFor(process.stdout);
    const print = (line: string): void => {
      if (options.json !== true) process.stdout.write(`${line}\n`);
    };
    const results: ConformanceResult[] = [];
    for (let run = 1; run <= options.runs; run++) {
      for (const lock of locks) {
        if (signal.aborted) break;
        const topology = options.topology ?? lock.module.topologies[0];
        print(paint('bold', `${lock.module.name}, ${topology}${options.runs > 1 ? `, run ${run}` : ''}`));
        const onResult = (result: CaseResult): void => print(lineOf(result, paint));
        const request = { lock, topology, backend, external, cases };
        const found = await runOne(session, request, signal, onResult);
        results.push({ lock: lock.module.name, topology, run, cases: found });
        print(`  ${tally(found)}\n`);
      }
    }
    if (options.json === true) process.stdout.write(`${JSON.stringify({ conformance: results })}\n`);
    const failed = results.flatMap((result) => result.cases).some(({ outcome }) => outcome === 'failed');
    return worst([failed ? EXIT.violated : EXIT.ok]);
  });
}

interface OneLock {
  readonly lock: LockUnderTest;
  readonly topology: Topology;
  readonly backend: BackendChoice;
  readonly external: ExternalConfig;
  readonly cases: typeof CASES;
}

async function runOne(
  session: Session,
  { lock, topology, backend, external, cases }: OneLock,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
): Promise<CaseResult[]> {
  const { module, url, options } = lock;
  const deployment = await deploymentFor(session, lock.module, topology, backend, external, signal);
  try {
    const leaseMs = Math.max(LEASE_MS, module.leastLeaseMs ?? 0);
    return await runCases({ session, module, url, options, leaseMs, deployment }, signal, onResult, cases);
  } finally {
    await deployment?.stop();
  }
}

async function deploymentFor(
  session: Session,
  { backend: kind }: LockModule,
  topology: Topology,
  backend: BackendChoice,
  external: ExternalConfig,
  signal: AbortSignal,
): Promise<Deployment | undefined> {
  if (layoutOf(kind, topology) === undefined) return undefined;
  const choice = await chooseReal(backend, kind, topology);
  const proxies = AT_ONCE * CLIENTS_PER_CASE * nodesOf(topology);
  return startDeployment(session, choice.kind, { backend: kind, topology, proxies, signal }, external);
}

const MARKS = { passed: '✓', failed: '✗', 'not applicable': '○' } as const;

function lineOf({ name, outcome, detail, elapsedMs }: CaseResult, paint: Paint): string {
  const mark = paint(outcome === 'failed' ? 'red' : outcome === 'passed' ? 'green' : 'dim', MARKS[outcome]);
  if (outcome === 'passed') return `  ${mark} ${name} ${paint('dim', `${elapsedMs} ms`)}`;
  return `  ${mark} ${name}\n      ${outcome === 'failed' ? '' : 'not applicable: '}${detail ?? ''}`;
}

function tally(cases: readonly CaseResult[]): string {
  const count = (outcome: CaseResult['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('not applicable')} not applicable`;
}
