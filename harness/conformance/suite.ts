/** Runs the cases against one lock on its real servers. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isLockError } from 'holdfast-locks';
import { CLIENTS_PER_CASE, NotApplicable, type ConformanceCase } from './case.ts';
import { CASES } from './cases.ts';
import { CaseStage, LinkPool, type Theatre } from './stage.ts';
import { gatherStrays, tallied } from './strays.ts';

export interface CaseResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'not applicable';
  /** Why it failed, or why it does not apply. */
  readonly detail?: string;
  readonly elapsedMs: number;
}

/** Cases that run side by side. */
export const AT_ONCE = 3;
/** No case needs so long: one that does hangs. The longest ones wait for the end of three leases. */
const caseWithinMs = ({ leaseMs }: Pick<Theatre, 'leaseMs'>): number => 120_000 + leaseMs * 5;
const CLOSE_WITHIN_MS = 10_000;
const ABORTED_WITHIN_MS = 1000;

/** In the order of the table. Stops between cases when `signal` aborts. */
export async function runCases(
  theatre: Theatre,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
  cases: readonly ConformanceCase[] = CASES,
): Promise<CaseResult[]> {
  const strays: unknown[] = [];
  const results = await gatherStrays(strays, () => runAll(theatre, signal, onResult, cases));
  // Node tells of them when all that could handle them has run.
  await nextTurn();
  const tidy: CaseResult = {
    name: 'no error was left to nobody',
    outcome: strays.length === 0 ? 'passed' : 'failed',
    ...(strays.length === 0 ? {} : { detail: `unhandled rejections: ${tallied(strays.map(describe))}` }),
    elapsedMs: 0,
  };
  onResult(tidy);
  return [...results, tidy];
}

async function runAll(
  theatre: Theatre,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
  cases: readonly ConformanceCase[],
): Promise<CaseResult[]> {
  const pool = await LinkPool.open(theatre, AT_ONCE * CLIENTS_PER_CASE);
  const results = new Map<ConformanceCase, CaseResult>();
  const runNext = async (queue: ConformanceCase[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const stage = new CaseStage(theatre, pool, `case-${cases.indexOf(next)}`);
      const result = await runCase(next, stage, signal);
      if (result === undefined) return;
      results.set(next, result);
      onResult(result);
    }
  };
  // A lock's timers keep no process alive, and one that lives in a file has nothing else.
  const alive = setInterval(() => undefined, 60_000);
  const together = cases.filter(({ alone }) => alone !== true);
  await Promise.all(Array.from({ length: AT_ONCE }, () => runNext(together)));
  await runNext(cases.filter(({ alone }) => alone === true));
  clearInterval(alive);
  return cases.flatMap((one) => results.get(one) ?? []);
}

/** `undefined` when it was interrupted: then it says nothing. */
async function runCase(one: ConformanceCase, stage: CaseStage, signal: AbortSignal): Promise<CaseResult | undefined> {
  const began = performance.now();
  const result = (outcome: CaseResult['outcome'], detail?: string): CaseResult => ({
    name: one.name,
    outcome,
    ...(detail === undefined ? {} : { detail }),
    elapsedMs: Math.round(performance.now() - began),
  });
  const over = Promise.withResolvers<never>();
  const onAbort = (): void => over.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  const withinMs = caseWithinMs(stage);
  const hangs = new Error(`hangs: not over within ${withinMs} ms`);
  const late = setTimeout(() => over.reject(hangs), withinMs);
  try {
    try {
      await Promise.race([one.run(stage), over.promise]);
    } finally {
      // What hangs may hang at its end as well.
      await Promise.race([
        stage.close(),
        sleep(signal.aborted ? ABORTED_WITHIN_MS : CLOSE_WITHIN_MS, undefined, { ref: false }),
      ]);
    }
    return result('passed');
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof NotApplicable) return result('not applicable', error.message);
    return result('failed', describe(error));
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', onAbort);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const name = isLockError(error) ? `${error.name} (${error.code}): ` : '';
  const cause = error.cause instanceof Error ? `, because: ${error.cause.message}` : '';
  return `${name}${error.message}${cause}${placeOf(error)}`;
}

/** Which line of the case. */
function placeOf(error: Error): string {
  const place = /(cases\/[\w-]+\.[jt]s:\d+)/.exec(error.stack ?? '')?.[1];
  return place === undefined ? '' : ` (${place})`;
}
