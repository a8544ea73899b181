/** What schedules leave in memory: `node --expose-gc heap.ts <lock> <schedules>` prints the bytes after half of them and after all. */
import { install } from '../../harness/sim/node-api/install.ts';

install();
const { searchPlan } = await import('../../harness/sim/search/search.ts');
const { simulate } = await import('../../harness/sim/run/simulate.ts');
const { loadLockModule } = await import('../../harness/subject/module.ts');
const { scenario } = await import('../../scenarios/shared-counter.ts');
const { hazardsFor, lockNamed, sizesFor } = await import('./simulated.ts');

const [name = '', count] = process.argv.slice(2);
const module = await loadLockModule(lockNamed(name).url);
const space = { sizes: sizesFor(name), hazards: hazardsFor(name), seed: 7 };
const half = Math.ceil(Number(count) / 2);
const bytes: number[] = [];
for (let index = 0; index < half * 2; index += 1) {
  await simulate({ plan: searchPlan(space, index), module, scenario });
  if ((index + 1) % half !== 0) continue;
  globalThis.gc?.();
  bytes.push(process.memoryUsage().heapUsed);
}
process.stdout.write(JSON.stringify(bytes));
process.exit(0);
