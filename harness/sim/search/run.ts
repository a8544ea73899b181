/** Runs a deck of plans in the simulation, and then searches as long as there is time. */
import { mkdir } from 'node:fs/promises';
import type { RunRequest } from '../../run/request.ts';
import { unlessCutShort } from '../../run/run.ts';
import { Results } from '../../run/results.ts';
import { scenarioUrl } from '../../run/scenarios.ts';
import type { LockReport } from '../../report/report.ts';
import type { Plan } from '../../plan/plan.ts';
import { Batches } from './batches.ts';
import { exhaustivePlans, undisturbedPlan } from './exhaustive.ts';
import type { SearchSpace } from '../../plan/search-space.ts';
import type { Simulated, Work } from './messages.ts';
import { sharedPool, type PoolRun } from './pool.ts';
import { simulatedOf } from '../servers/simulated.ts';

/** Plans that a thread is given at a time, at most. */
const BATCH = 25;
/** Searched plans are numbered from here, after those of any deck. */
const FIRST_SEARCHED = 10_000;

/** Tells how many positions there are. */
async function everyPosition(
  run: PoolRun,
  { sizes, hazards, seed }: SearchSpace,
  { onPlan }: RunRequest,
): Promise<Plan[]> {
  const base = undisturbedPlan(sizes, seed);
  const moments = await run.trace(base);
  const plans = exhaustivePlans(base, hazards, moments);
  onPlan({ type: 'exhaustive', positions: moments.length, plans: plans.length });
  return plans;
}

/** @throws InfrastructureError, UsageError */
export async function simulatePlans(request: RunRequest, signal: AbortSignal): Promise<LockReport> {
  const { lock, topology, deck, search } = request;
  const { version } = simulatedOf(lock.module.backend, topology);
  await using run = await sharedPool().load(lock.url, scenarioUrl(request.scenario));
  request.onPlan({ type: 'ready', version, limits: {} });
  await mkdir(request.folder, { recursive: true });
  const results = new Results(request, {});
  const exhaustive = request.exhaustive && search !== undefined ? await everyPosition(run, search, request) : [];
  let endsAtMs = performance.now() + request.timeMs;
  let next = 0;
  let searched = FIRST_SEARCHED;
  let ended = false;
  const batches = new Batches(BATCH);

  const take = async (simulated: readonly Simulated[]): Promise<void> => {
    batches.took(simulated.length);
    for (const { judgement, header, whole, elapsedMs } of simulated) {
      if (ended) return;
      if (whole) {
        await results.write(judgement, header);
        results.measure(judgement, elapsedMs);
      }
      const failures = results.take(judgement);
      request.onPlan({ type: 'judged', plan: judgement.plan, judgement, failures });
      if (request.endsAt(failures, judgement.breaches)) ended = true;
    }
  };
  const give = (): Work | undefined => {
    if (ended || signal.aborted) return undefined;
    const timeIsUp = performance.now() > endsAtMs;
    const plan = deck[next];
    if (plan !== undefined && (next < request.always || !timeIsUp)) {
      next += 1;
      // Where leases are long, what must be tried may take all of the time: some is left to search in.
      if (next === request.always) endsAtMs = Math.max(endsAtMs, performance.now() + request.timeMs / 3);
      request.onPlan({ type: 'started', plan });
      return { type: 'plans', plans: [plan], whole: true };
    }
    if (!timeIsUp && exhaustive.length > 0) return { type: 'plans', plans: exhaustive.splice(0, BATCH), whole: false };
    if (search === undefined || timeIsUp || request.exhaustive) return undefined;
    const [from, count] = [searched, batches.next(endsAtMs - performance.now())];
    if (count === 0) return undefined;
    searched += count;
    return { type: 'search', space: search, from, count };
  };
  const failure: unknown = await run.work(give, take).then(
    () => undefined,
    (error: unknown) => error,
  );
  return unlessCutShort(failure, results, results.report({ version, settings: {} }));
}
