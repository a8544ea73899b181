/** How big a plan is, in words. */
import type { Plan } from '../plan/plan.ts';

/** What is left of it. */
export function sizeOf({ faults, workers, cycles, clockSkew }: Plan): string {
  const kinds = faults.map(({ hazard }) => hazard).join(', ');
  const what = faults.length === 0 ? 'no faults' : `${faults.length} fault${faults.length === 1 ? '' : 's'} (${kinds})`;
  const work = cycles === undefined ? '' : `, ${cycles} cycle${cycles === 1 ? '' : 's'} each`;
  const clocks = clockSkew === undefined ? '' : `, clocks off by up to ${clockSkew * 100} %`;
  return `${what}, ${workers} workers${work}${clocks}`;
}
