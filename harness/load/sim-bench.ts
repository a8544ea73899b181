/** Loading a lock in the simulation: not its speed, but what it asks of servers, and what waits for what. */
import { mkdir } from 'node:fs/promises';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { LockUnderTest } from '../run/request.ts';
import { scenarioUrl } from '../run/scenarios.ts';
import type { Simulated } from '../sim/search/messages.ts';
import { sharedPool, type PoolRun } from '../sim/search/pool.ts';
import { simulatedOf } from '../sim/servers/simulated.ts';
import type { LockReport } from '../report/report.ts';
import { Account } from './account.ts';
import { planOf } from './plan.ts';
import type { LoadSettings } from './settings.ts';

/** What every message takes: half of a round trip. */
const LINK_US = 500;
const ROUND_TRIP_MS = (2 * LINK_US) / 1000;
/** Virtual milliseconds, warm-up and measured: no more than this, for every event of it is simulated. */
const LONGEST_MS = 2000;
/** Cycles of one client that nobody disturbs; the first of them connect and load scripts. */
const WARM_UP_CYCLES = 5;
const CYCLES = 25;

/**
 * The report has virtual times, counted messages (`commandsPerCycle`) and the critical path: how many round trips one
 * after another an undisturbed cycle waits for.
 * @throws UsageError for what has no meaning without real processes
 */
export async function benchSimulated(lock: LockUnderTest, wanted: LoadSettings): Promise<LockReport> {
  const settings = { ...wanted, ...shortened(wanted) };
  if (settings.mode.kind === 'open' || settings.stock !== undefined || settings.hazards.length > 0)
    throw new UsageError('--backend sim: only a closed loop without faults is simulated; "verify" simulates faults');
  const { version } = simulatedOf(lock.module.backend, settings.topology);
  await mkdir(settings.folder, { recursive: true });
  await using run = await sharedPool().load(lock.url, scenarioUrl('shared-counter'));
  const plan = planOf(lock, settings, 0);
  const alone = { ...plan, workers: 1, clientsPerWorker: 1, holdsMs: [0], thinksMs: [0] };
  const [first, longer, loaded] = [
    await simulateOne(run, { ...alone, index: 1, cycles: WARM_UP_CYCLES }),
    await simulateOne(run, { ...alone, index: 1, cycles: WARM_UP_CYCLES + CYCLES }),
    await simulateOne(run, plan),
  ];
  const account = new Account({
    ...{ run: 'simulation', lock, settings },
    deployment: { version, settings: {}, limits: {} },
    commandsPerCycle: (longer.messages - first.messages) / CYCLES,
  });
  await account.takeSimulated(plan, loaded);
  const { cpu: _cpu, ...report } = account.report({ criticalPath: criticalPathOf(longer), memory: {} });
  return report;
}

function shortened({ warmUpMs, durationMs }: LoadSettings): Pick<LoadSettings, 'warmUpMs' | 'durationMs'> {
  const share = Math.min(1, LONGEST_MS / (warmUpMs + durationMs));
  return { warmUpMs: Math.floor(warmUpMs * share), durationMs: Math.floor(durationMs * share) };
}

async function simulateOne(run: PoolRun, plan: Plan): Promise<Simulated> {
  let given = false;
  let result: Simulated | undefined;
  await run.work(
    () => {
      if (given) return undefined;
      given = true;
      return { type: 'plans', plans: [plan], whole: true, linkUs: LINK_US };
    },
    async ([simulated]) => {
      result = simulated;
    },
  );
  if (result === undefined) throw new InfrastructureError('the simulation gave no result');
  const [breach] = result.judgement.breaches;
  if (breach !== undefined) throw new UsageError(`${breach.who}: ${breach.message}`);
  return result;
}

/** Round trips that the last cycles waited for, on average. */
function criticalPathOf({ judgement: { events } }: Simulated): number {
  const waits: number[] = [];
  let askedNs = 0;
  for (const { process, type, time = 0 } of events) {
    if (typeof process !== 'number') continue;
    if (type === 'invoke') askedNs = time;
    else waits.push(time - askedNs);
  }
  // An acquire and a release each.
  const last = waits.slice(-2 * CYCLES);
  const totalMs = last.reduce((sum, ns) => sum + ns, 0) / 1e6;
  return Math.round((totalMs / CYCLES / ROUND_TRIP_MS) * 100) / 100;
}
