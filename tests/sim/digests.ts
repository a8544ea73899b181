/** The histories of a lock in a process of its own: `node digests.ts <lock> <first> <plans>` prints them as JSON. */
import type { Plan } from '../../harness/plan/plan.ts';
import { digestsOf, mixedPlan } from './simulated.ts';

const CLOCK_SKEW = 0.002;

/** Plans with faults, every other one with clocks that run unequally fast. */
export function disturbedPlans(name: string, first: number, count: number): readonly Plan[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ ...mixedPlan(name, first + index), cycles: 3 },
    ...(index % 2 === 1 && { clockSkew: CLOCK_SKEW }),
  }));
}

if (import.meta.main) {
  const [name = '', first, count] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await digestsOf(name, disturbedPlans(name, Number(first), Number(count)))));
}
