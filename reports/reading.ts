/** How every report reads the cells of the matrix: what a cell amounts to, and rows grouped by property. */
import { HAZARDS, isPromise, PROPERTIES, type Property } from 'holdfast-locks/internal/claims';
import { about } from '../harness/base/about.ts';
import type { Cell, LockReport, ThresholdResult, Witness } from '../harness/report/report.ts';
import { count, counted, hazardName, percentAtMost, significant, underHazards } from './wording.ts';

/**
 * What a cell amounts to once claim, verdict and exemption are taken together, worst first.
 * `not-judged` is an exempt cell without a verdict; it says nothing about the lock.
 */
export const STANDINGS = ['violated', 'inconclusive', 'holds', 'not-promised', 'not-judged', 'not-applicable'] as const;
export type Standing = (typeof STANDINGS)[number];

/** One mark for each standing, legible without colour, and its words. */
export const MARKS: Readonly<Record<Standing, { readonly mark: string; readonly word: string }>> = {
  violated: { mark: '✗', word: 'VIOLATED' },
  inconclusive: { mark: '?', word: 'inconclusive' },
  holds: { mark: '✓', word: 'holds' },
  'not-promised': { mark: '·', word: 'not promised' },
  'not-judged': { mark: '○', word: 'not judged' },
  'not-applicable': { mark: '–', word: 'n/a' },
};

/** A threshold's verdict as a standing, so that it is marked and coloured like a claim's, and its word. */
export const THRESHOLD_VERDICTS: Readonly<
  Record<ThresholdResult['verdict'], { readonly standing: Standing; readonly word: string }>
> = {
  met: { standing: 'holds', word: 'met' },
  missed: { standing: 'violated', word: 'MISSED' },
  inconclusive: { standing: 'inconclusive', word: 'inconclusive' },
};

/** `measured 12.3`, or why nothing was. */
export function measuredPhrase({ measured, note }: ThresholdResult): string {
  return measured === undefined ? (note ?? 'not measured') : `measured ${significant(measured)}`;
}

export function standingOf(cell: Cell): Standing {
  if (!isPromise(cell.claim)) return cell.claim;
  if (cell.verdict === 'inconclusive') return cell.exempt ? 'not-judged' : 'inconclusive';
  return cell.verdict;
}

/**
 * How often a claim was really put to the test: the faults that bit, or, where the hazard is `none`, the runs.
 */
export function triesOf(cell: Cell): number {
  return cell.hazard === 'none' ? cell.runs : cell.faultsBitten;
}

/**
 * The 95 % upper bound (Clopper–Pearson, one-sided, exact) on the probability of an event that was seen in none of
 * `tries` independent tries: the p at which even none would be seen only one time in twenty, (1 − p)^tries = 0.05.
 * For many tries it is close to 3 / tries, the rule of three. As a fraction; 1 without tries.
 */
export function upperBound(tries: number): number {
  return tries === 0 ? 1 : 1 - 0.05 ** (1 / tries);
}

/** `0 of 214, below 1.4 %` for a cell in which nothing was violated; `3 in 52 tries` where something was. */
export function evidence(cell: Cell): string {
  const tries = triesOf(cell);
  if (cell.violations > 0) return `${count(cell.violations)} in ${counted(tries, 'try', 'tries')}`;
  if (cell.verdict === 'inconclusive' && tries > 0) return `unsettled after ${counted(tries, 'try', 'tries')}`;
  if (tries === 0) return cell.runs === 0 ? 'not tried' : `no fault bit in ${counted(cell.runs, 'run')}`;
  return unbroken(tries);
}

/** `0 of 214, below 1.4 %`. A bound of 95 % would read like a failing grade of a lock that nobody has broken. */
export const unbroken = (tries: number): string =>
  tries === 1 ? 'tried once, not broken' : `0 of ${count(tries)}, below ${percentAtMost(upperBound(tries))}`;

/** The cell with the fewest tries: a row of many cells is only as well tested as this one. */
export function leastTried(cells: readonly Cell[]): Cell | undefined {
  return cells.reduce<Cell | undefined>(
    (least, cell) => (least === undefined || triesOf(cell) < triesOf(least) ? cell : least),
    undefined,
  );
}

export interface PropertyRow {
  readonly property: Property;
  /** The cells of each standing that occurs, worst first. */
  readonly groups: readonly { readonly standing: Standing; readonly cells: readonly Cell[] }[];
}

/** The row of the matrix, by property; properties without any cell are left out. */
export function rowsOf(lock: LockReport): readonly PropertyRow[] {
  return PROPERTIES.map((property) => {
    const cells = sortedByHazard(lock.cells.filter((cell) => cell.property === property));
    const groups = STANDINGS.map((standing) => ({
      standing,
      cells: cells.filter((cell) => standingOf(cell) === standing),
    })).filter((group) => group.cells.length > 0);
    return { property, groups };
  }).filter((row) => row.groups.length > 0);
}

/**
 * The claims that were broken, by property in the order of the matrix. The first of each, with the mildest hazard, is
 * the one to tell in full; a lock that breaks a property without faults breaks it under every hazard too.
 */
export function violationsOf(lock: LockReport): readonly { readonly first: Cell; readonly others: readonly Cell[] }[] {
  return rowsOf(lock).flatMap((row) => {
    // What breaks composure is told as the breach that it is.
    if (row.property === 'composure') return [];
    const [first, ...others] = row.groups.find(({ standing }) => standing === 'violated')?.cells ?? [];
    return first === undefined ? [] : [{ first, others }];
  });
}

/** Hazards in the order of the matrix: `none` first, combinations last. */
export function hazardsOf(lock: LockReport): readonly string[] {
  return [...new Set(sortedByHazard(lock.cells).map((cell) => cell.hazard))];
}

function sortedByHazard(cells: readonly Cell[]): readonly Cell[] {
  const order = new Map<string, number>(HAZARDS.map((hazard, index) => [hazard, index]));
  return cells.toSorted(
    (a, b) =>
      (order.get(a.hazard) ?? HAZARDS.length) - (order.get(b.hazard) ?? HAZARDS.length) ||
      a.hazard.localeCompare(b.hazard),
  );
}

/** Groups cells that carry the same note, keeping their order. */
function byNote(cells: readonly Cell[]): readonly { readonly note: string; readonly cells: readonly Cell[] }[] {
  const groups = Map.groupBy(cells, (cell) => cell.note ?? '');
  return [...groups].map(([note, members]) => ({ note, cells: members }));
}

/** One reason why something was not tested, with what it kept from being tested. */
export interface Untested {
  readonly standing: 'inconclusive' | 'not-judged' | 'not-testable';
  /** Hazards, or a property with its hazards where the reason concerns one property only. */
  readonly what: string;
  readonly reason: string;
}

/** What was not tested or not settled, by reason, what counts towards the exit code first. */
export function untestedOf(lock: LockReport): readonly Untested[] {
  const rows = rowsOf(lock).filter((row) => row.groups.some(({ standing }) => standing !== 'not-applicable'));
  const reasons = new Map<string, string>(lock.notTestable.map(({ hazard, reason }) => [hazard, reason]));
  const impossible = ({ hazard, note, exempt }: Cell): boolean => exempt && reasons.get(hazard) === note;
  const unsettled = (['inconclusive', 'not-judged'] as const).flatMap((standing) =>
    byNote(lock.cells.filter((cell) => standingOf(cell) === standing && !impossible(cell))).map(
      ({ note, cells }): Untested => {
        const properties = [...new Set(cells.map((cell) => cell.property))];
        const hazards = [...new Set(sortedByHazard(cells).map((cell) => hazardName(cell.hazard)))].join(', ');
        const [only] = properties;
        const what = properties.length === 1 && rows.length > 1 ? `${only} ${underHazards(cells, Infinity)}` : hazards;
        return { standing, what, reason: note === '' ? 'not exercised' : note };
      },
    ),
  );
  const notTestable = [...Map.groupBy(lock.notTestable, ({ reason }) => reason)].map(([reason, entries]): Untested => ({
    standing: 'not-testable',
    what: entries.map(({ hazard }) => hazardName(hazard)).join(', '),
    reason,
  }));
  return [...unsettled, ...partsLeftOut(lock), ...disturbedPlans(lock), ...notTestable];
}

/** Plans that were run in part; of those that were not run the cells tell. */
function partsLeftOut({ leftOut = [] }: LockReport): readonly Untested[] {
  return leftOut
    .filter(({ what }) => what !== 'the plan')
    .map(({ hazards, what, wouldTakeMs }) => ({
      standing: 'not-judged',
      what: `${hazards.map(hazardName).join(' + ')}, in part`,
      reason: `there was no time for ${what}: the whole plan takes ${about(wouldTakeMs)}`,
    }));
}

function disturbedPlans({ disturbed = [] }: LockReport): readonly Untested[] {
  return disturbed.map(({ plan, hazards, reasons, judged }) => ({
    standing: 'not-judged',
    what: `plan ${plan} (${hazards.map(hazardName).join(' + ')})`,
    reason: `${judged ? 'run again' : `left out after ${reasons.length} runs`}: ${reasons.join('; ')}`,
  }));
}

/** How many claims of each standing a lock has. */
export function tally(lock: LockReport): Readonly<Record<Standing, number>> {
  const counts: Record<Standing, number> = {
    violated: 0,
    inconclusive: 0,
    holds: 0,
    'not-promised': 0,
    'not-judged': 0,
    'not-applicable': 0,
  };
  for (const cell of lock.cells) counts[standingOf(cell)] += 1;
  return counts;
}

/**
 * What was seen that breaks no promise, in words, for cells that held or of which nothing is promised: harm that the
 * lock did not promise to prevent, or refused stale uses. Without a note, the summary of what broke.
 */
export function observationOf(cell: Cell): string | undefined {
  const standing = standingOf(cell);
  if (standing !== 'holds' && standing !== 'not-promised') return undefined;
  if (cell.verdict === 'inconclusive') return undefined;
  return cell.note ?? (cell.verdict === 'violated' ? (cell.witness?.summary ?? 'it broke') : undefined);
}

/** What was seen that breaks no promise, cells with the same observation together. */
export function observationsOf(
  cells: readonly Cell[],
): readonly { readonly seen: string; readonly cells: readonly Cell[] }[] {
  const noted = cells.filter((cell) => observationOf(cell) !== undefined);
  return [...Map.groupBy(noted, (cell) => observationOf(cell) ?? '')].map(([seen, members]) => ({
    seen,
    cells: members,
  }));
}

/** The summary of a witness, unless its story tells it already. */
export function summaryBesideStory(witness: Witness | undefined): string | undefined {
  if (witness === undefined || witness.story.some((line) => line.includes(witness.summary))) return undefined;
  return witness.summary;
}
