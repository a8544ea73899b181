/** `compare`: locks or finished runs side by side, and gates a change against a baseline. */
import { existsSync, statSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import { compareEntries, type CompareOptions } from '../compare/compare.ts';
import type { Entry } from '../compare/entry.ts';
import { outcomeOf } from '../compare/outcome.ts';
import { baselinesOf, entriesOf } from '../compare/stored.ts';
import { INTERLEAVED_LIMITS, STORED_LIMITS, type Limits } from '../gates/change.ts';
import { withThresholds } from '../gates/judge-thresholds.ts';
import { parseThreshold } from '../gates/threshold.ts';
import type { Report } from '../report/report.ts';
import { inspectMachine } from '../run/machine.ts';
import { conclude } from '../verdict/exit-codes.ts';
import { callerOf, type Caller, type CommandOptions } from './caller.ts';
import { measureLocks } from './compare-locks.ts';
import { compareSchema, type CompareEvent, type CompareParsed, type CompareRequest } from './compare-request.ts';
import { inSession, unlessAborted } from './in-session.ts';
import { readReport } from './read-report.ts';
import { parseRequest, RequestError } from './request.ts';
import type { RunResult } from './result.ts';
import { beginRun, type BegunRun } from './run-folder.ts';

export async function compare(request: CompareRequest, options: CommandOptions<CompareEvent> = {}): Promise<RunResult> {
  const parsed = parseRequest('compare', compareSchema, request);
  const caller = callerOf('compare', request, options);
  await using run = await beginRun('compare', parsed.out, caller.command);
  const finish = finishing(run, parsed, caller);
  const stored = storedBaseline(parsed);
  // Awaited: the folder is the run's until then.
  return await (parsed.runs.length > 0
    ? compareRuns(parsed, stored, finish)
    : compareLocks(parsed, stored, run, finish, caller));
}

type Finish = (entries: readonly Entry[], against: CompareOptions, seed: number) => Promise<RunResult>;

function finishing(run: BegunRun, { thresholds }: CompareParsed, { tell }: Caller<CompareEvent>): Finish {
  const { folder } = run;
  const demanded = thresholds.map(parseThreshold);
  return async (entries, against, seed) => {
    const comparison = compareEntries(entries, against);
    const locks = entries.map((entry) => withThresholds(entry.report, demanded));
    const [machine = await inspectMachine(1000)] = entries.map((entry) => entry.machine);
    const outcome = outcomeOf(locks, comparison);
    const report = run.report({ machine, profile: 'compare', seed, locks, comparison, ...outcome });
    await run.write(report);
    tell({ type: 'reported', report, folder });
    return { report, folder, interrupted: false };
  };
}

async function compareRuns(
  request: CompareParsed,
  stored: StoredBaseline | undefined,
  finish: Finish,
): Promise<RunResult> {
  if (request.impl !== undefined || request.all)
    throw new RequestError('finished runs are compared, or locks are measured: give runs, or `impl`, or `all`');
  if (request.baseline !== undefined && stored === undefined)
    throw new RequestError(`\`baseline\`: ${request.baseline} is no run; locks take turns with \`impl\` or \`all\``);
  const entries = entriesOf(request.runs.map(readReport));
  if (entries.length === 0) throw new UsageError('there is no lock in those runs');
  return finish(entries, againstStored(stored, request), 0);
}

async function compareLocks(
  request: CompareParsed,
  stored: StoredBaseline | undefined,
  run: BegunRun,
  finish: Finish,
  caller: Caller<CompareEvent>,
): Promise<RunResult> {
  const { signal } = caller;
  const against = againstStored(stored, request);
  const limits = limitsOf(request, INTERLEAVED_LIMITS);
  const settings = { folder: run.folder, limits, mayTakeTurns: stored === undefined };
  return inSession(async (session) => {
    const measured = await unlessAborted(signal, () => measureLocks(session, request, settings, caller));
    if (measured === undefined || signal.aborted) return interruptedRun(run, request);
    const { entries, baseline, looks } = measured;
    return finish(
      entries,
      baseline === undefined ? against : { baselines: [{ ...baseline, limits, looks }] },
      request.seed,
    );
  });
}

async function interruptedRun(run: BegunRun, { seed }: CompareParsed): Promise<RunResult> {
  const machine = await inspectMachine(1000);
  const report = run.report({
    ...{ machine, profile: 'compare', seed, locks: [] },
    ...conclude([], { requireAll: false }, true),
  });
  return { report, folder: undefined, interrupted: true };
}

interface StoredBaseline {
  readonly path: string;
  readonly report: Report;
}

/** `undefined` for none, or for one that is a lock. */
function storedBaseline({ baseline }: CompareParsed): StoredBaseline | undefined {
  if (baseline === undefined || !existsSync(baseline)) return undefined;
  const isRun = statSync(baseline).isDirectory() || baseline.endsWith('.json');
  return isRun ? { path: baseline, report: readReport(baseline) } : undefined;
}

function againstStored(stored: StoredBaseline | undefined, request: CompareParsed): CompareOptions {
  if (stored === undefined) return {};
  const baselines = baselinesOf(stored.report, limitsOf(request, STORED_LIMITS));
  if (baselines.length === 0) throw new RequestError(`\`baseline\`: ${stored.path} holds no benchmark`);
  return { baselines, baselineName: stored.report.run };
}

/** @throws RequestError when a warning would come after the failure */
function limitsOf({ warn, fail }: CompareParsed, usual: Limits): Limits {
  const limits = {
    warn: warn ?? Math.min(usual.warn, fail ?? usual.fail),
    fail: fail ?? Math.max(usual.fail, warn ?? 0),
  };
  if (limits.warn > limits.fail) throw new RequestError('`warn` must not be above `fail`');
  return limits;
}
