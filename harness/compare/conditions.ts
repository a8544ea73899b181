/** Whether two measurements can be held against each other: what was asked of the locks, and on which machine. */
import type { Load } from '../report/load.ts';
import type { Report } from '../report/report.ts';

/** What makes one machine as fast as another, as far as it can be told. */
export const nameOf = ({ cpu, cores }: Report['machine']): string => `${cores} × ${cpu}`;

/** The first setting in which two loads differ. */
export function differenceOf(one: Load, other: Load): string | undefined {
  const settings = [
    'mode',
    'arrivals',
    'scenario',
    'workers',
    'clientsPerWorker',
    'keys',
    'keySkew',
    'holdMs',
    'thinkMs',
  ] as const;
  const different = settings.find((name) => String(one[name]) !== String(other[name]));
  if (different !== undefined) return `${different} ${String(one[different])} and ${String(other[different])}`;
  const [faults, otherFaults] = [one, other].map((load) =>
    [...new Set(load.faults.map(({ hazard }) => hazard))].join(),
  );
  if (faults !== otherFaults) return `faults ${faults || 'none'} and ${otherFaults || 'none'}`;
  const [offered, otherOffered] = [one.offered?.perSecond, other.offered?.perSecond];
  return offered === otherOffered ? undefined : `offered ${offered} and ${otherOffered} a second`;
}
