/** The histories of a lock in a process of its own: `node digests.ts <lock> <plans>` prints them as JSON. */
import type { Plan } from '../../harness/plan/plan.ts';
import { digestsOf, mixedPlan } from './simulated.ts';

const CLOCK_SKEW = 0.002;

/** Plans with faults, every other one with clocks that run unequally fast. */
export function disturbedPlans(name: string, count: number): readonly Plan[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ ...mixedPlan(name, index), cycles: 3 },
    ...(index % 2 === 1 && { clockSkew: CLOCK_SKEW }),
  }));
}

if (import.meta.main) {
  const [name = '', count] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await digestsOf(name, disturbedPlans(name, Number(count)))));
}
