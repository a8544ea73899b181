/** Finished runs as entries of a comparison. */
import { findLock } from 'holdfast-locks/internal/catalogue';
import type { Limits } from '../gates/change.ts';
import type { Cell, LockReport, Report } from '../report/report.ts';
import type { BaselineEntry } from './baseline.ts';
import type { Entry } from './entry.ts';

interface Found {
  readonly lock: LockReport;
  readonly report: Report;
  readonly at: number;
}

/**
 * One entry for each benchmark of a lock; what other runs verified of the same lock on the same topology is added to its
 * cells. A lock without a benchmark has one entry of its own.
 */
export function entriesOf(reports: readonly Report[]): Entry[] {
  const found = reports.flatMap((report, at) => report.locks.map((lock): Found => ({ lock, report, at })));
  const benched = found.filter(({ lock }) => lock.load !== undefined);
  const others = found.filter(({ lock }) => lock.load === undefined);
  const unbenched = [...Map.groupBy(others, identityOf).values()].filter(
    ([first]) => first !== undefined && !benched.some((one) => identityOf(one) === identityOf(first)),
  );
  const chosen: readonly (readonly Found[])[] = [...benched.map((one) => [one]), ...unbenched];
  return chosen.flatMap(([first]) => {
    if (first === undefined) return [];
    const { lock, report, at } = first;
    const verified = others.filter((one) => one !== first && identityOf(one) === identityOf(first));
    const shared = chosen.filter(([other]) => other?.lock.name === lock.name).length > 1;
    const claims = findLock(lock.name)?.module.claims;
    return [
      {
        label: shared ? `${lock.name} (${report.run})` : lock.name,
        report: {
          ...lock,
          cells: cellsOf(
            lock,
            verified.map((one) => one.lock),
          ),
        },
        machine: report.machine,
        ...(claims === undefined ? {} : { claims }),
        // The locks of one comparison took turns; those of a benchmark came one after another.
        ...(report.comparison?.interleaved === true ? { turn: at } : {}),
      },
    ];
  });
}

/** @returns every benchmark of the report, to hold others against */
export function baselinesOf(report: Report, limits: Limits): BaselineEntry[] {
  return entriesOf([report])
    .filter((entry) => entry.report.load !== undefined)
    .map(({ label, report: lock, machine }) => ({ label, report: lock, machine, limits }));
}

const identityOf = ({ lock }: Found): string => `${lock.name} on ${lock.backend.topology}`;

/** Of each property and hazard what was tried most; a violation is never left out. */
function cellsOf(lock: LockReport, verified: readonly LockReport[]): Cell[] {
  const groups = Map.groupBy(
    [lock, ...verified].flatMap(({ cells }) => cells),
    ({ property, hazard }) => `${property} ${hazard}`,
  );
  return [...groups.values()].flatMap((cells) =>
    cells
      .toSorted((a, b) => b.violations - a.violations || b.faultsBitten - a.faultsBitten || b.runs - a.runs)
      .slice(0, 1),
  );
}
