/** Where things go on the timeline: lanes of workers, each with as many rows as leases overlap in it. Pure geometry. */
import type { Timeline } from '../../harness/report/report.ts';

export type Holding = Timeline['holdings'][number];
export type FaultWindow = Timeline['faults'][number];
export type ResourceUse = Timeline['uses'][number];

export interface Lane {
  readonly worker: string;
  /** Holdings in rows; within a row they do not overlap. */
  readonly rows: readonly (readonly Holding[])[];
  readonly faults: readonly FaultWindow[];
  readonly uses: readonly ResourceUse[];
}

/** The lanes in the natural order of the workers' names. */
export function lanesOf(timeline: Timeline): readonly Lane[] {
  const workers = new Set([...timeline.holdings, ...timeline.uses].map(({ worker }) => worker));
  return [...workers]
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((worker) => ({
      worker,
      rows: stacked(timeline.holdings.filter((holding) => holding.worker === worker)),
      faults: timeline.faults.filter((fault) => fault.target === worker),
      uses: timeline.uses.filter((use) => use.worker === worker),
    }));
}

/** Puts each span into the first row that is free at its start. */
function stacked(holdings: readonly Holding[]): readonly (readonly Holding[])[] {
  const rows: Holding[][] = [];
  for (const holding of holdings.toSorted((a, b) => a.requestedMs - b.requestedMs)) {
    const free = rows.find((row) => row.every((other) => endOf(other) <= holding.requestedMs));
    if (free === undefined) rows.push([holding]);
    else free.push(holding);
  }
  return rows.length === 0 ? [[]] : rows;
}

/** The last moment at which a holding has anything to show. */
export function endOf({ endedMs, releasedMs }: Holding): number {
  return Math.max(endedMs, releasedMs ?? endedMs);
}

export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Puts fault windows into rows in which their extents, names included, do not overlap. */
export function faultRows(
  faults: readonly FaultWindow[],
  extentOf: (fault: FaultWindow) => Extent,
): readonly (readonly FaultWindow[])[] {
  const rows: { readonly faults: FaultWindow[]; readonly taken: Extent[] }[] = [];
  for (const fault of faults.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const extent = extentOf(fault);
    const free = rows.find(({ taken }) => taken.every(({ from, to }) => to <= extent.from || extent.to <= from));
    if (free === undefined) {
      rows.push({ faults: [fault], taken: [extent] });
    } else {
      free.faults.push(fault);
      free.taken.push(extent);
    }
  }
  return rows.map((row) => row.faults);
}

export interface Overlap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The stretches in which two leases of the witness were both held: what must never be. */
export function overlapsOf({ holdings }: Timeline): readonly Overlap[] {
  const witness = holdings.filter(({ inWitness }) => inWitness);
  return witness.flatMap((a, index) =>
    witness.slice(index + 1).flatMap((b) => {
      const fromMs = Math.max(a.grantedMs, b.grantedMs);
      const toMs = Math.min(a.endedMs, b.endedMs);
      return fromMs < toMs ? [{ fromMs, toMs }] : [];
    }),
  );
}
