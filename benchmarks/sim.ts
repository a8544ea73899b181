/**
 * How many schedules a second one core simulates: `npm run bench:sim`, with `-- --seconds 30` for a calmer reading.
 *
 * 3 workers × 3 cycles under mixed faults, through the whole of the client library. Each schedule is run many times and its
 * fastest run counts: that is what the core can do when nobody else wants it; the mean over all runs stands beside it, and
 * the rate with judging (all checkers on each history).
 */
import { parseArgs } from 'node:util';
import { install } from '../harness/sim/node-api/install.ts';

install();
// Only now: libraries that keep a function of Node's keep a virtual one.
const { findLock } = await import('../implementations/catalogue.ts');
const { hazardsOf } = await import('../harness/faults/available.ts');
const { headerOf } = await import('../harness/run/merge.ts');
const { searchPlan } = await import('../harness/sim/search/search.ts');
const { simulate } = await import('../harness/sim/run/simulate.ts');
const { judge } = await import('../harness/verdict/judge.ts');
const { scenario } = await import('../scenarios/shared-counter.ts');

const SCHEDULES = 100;
const WORKERS = 3;
const CYCLES = 3;

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, impl: { type: 'string', default: 'redis-basic,redlock' } },
});
// As in a search.
Error.stackTraceLimit = 0;
for (const name of flags.impl.split(',')) await measure(name, Number(flags.seconds) * 1000);

async function measure(name: string, forMs: number): Promise<void> {
  const module = findLock(name)?.module;
  if (module === undefined) throw new Error(`there is no lock named ${name}`);
  const [topology] = module.topologies;
  const sizes = {
    ...{ lock: name, options: {}, topology, scenario: 'shared-counter', workers: WORKERS, clientsPerWorker: 1 },
    ...{ leaseMs: 600, recoverMs: module.recoverMs },
  };
  const space = { sizes, hazards: hazardsOf(topology, module.backend), seed: 1 };
  const plans = Array.from({ length: SCHEDULES }, (_, index) => {
    const { lapseKey: _lapse, ...plan } = searchPlan(space, index);
    return { ...plan, workers: WORKERS, cycles: CYCLES };
  });
  const fastest = plans.map(() => ({ simulated: Infinity, judged: Infinity }));
  let [runs, totalMs] = [0, 0];
  const endsAt = performance.now() + forMs;
  while (performance.now() < endsAt) {
    for (const [index, plan] of plans.entries()) {
      const best = fastest[index];
      if (best === undefined) continue;
      const began = performance.now();
      const { events } = await simulate({ plan, module, scenario });
      const simulated = performance.now();
      judge(plan, headerOf('bench', plan), events);
      best.simulated = Math.min(best.simulated, simulated - began);
      best.judged = Math.min(best.judged, performance.now() - simulated);
      totalMs += simulated - began;
      runs += 1;
    }
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const simulatedMs = sum(fastest.map((best) => best.simulated));
  const judgedMs = sum(fastest.map((best) => best.judged));
  const rate = (ms: number, count: number): string => ((count * 1000) / ms).toFixed(0).padStart(6);
  console.log(
    `${name.padEnd(14)} ${rate(simulatedMs, SCHEDULES)} schedules/s (mean ${rate(totalMs, runs).trim()}), ` +
      `${rate(simulatedMs + judgedMs, SCHEDULES).trim()} with judging; ${runs} runs`,
  );
}
