/** Every exit code of the program, and which one wins when several apply. */
import { isPromise } from 'holdfast-locks/internal/claims';
import type { Cell, LockReport } from '../report/report.ts';
import { claimsNothing } from './describe.ts';

export const EXIT = {
  /** All claims hold. */
  ok: 0,
  /** A claim is violated, the lock did what none may do, or the application broke its own invariant. */
  violated: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** A threshold or a baseline is missed. */
  threshold: 3,
  /** Nothing was violated or missed, but a claim on the profile's list was not exercised, or a threshold not measured. */
  inconclusive: 4,
  /** Servers, processes or containers failed: nothing can be said of the lock. */
  infrastructure: 5,
  /** Ctrl-C, with the number that shells use for it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Highest first. */
const PRECEDENCE: readonly ExitCode[] = [
  EXIT.interrupted,
  EXIT.infrastructure,
  EXIT.usage,
  EXIT.violated,
  EXIT.threshold,
  EXIT.inconclusive,
  EXIT.ok,
];

/** The one that wins. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.ok;
}

interface Strictness {
  /** What cannot be produced here counts as not exercised. */
  readonly requireAll: boolean;
}

const isOpen = (cell: Cell, { requireAll }: Strictness): boolean =>
  isPromise(cell.claim) && cell.verdict === 'inconclusive' && (!cell.exempt || requireAll);

/** What the cells and the thresholds of a lock amount to. */
export function exitCodeOf(
  { cells, breaches = [], applicationFaults = [], thresholds = [] }: Judged,
  strictness: Strictness,
): ExitCode {
  const verdicts = thresholds.map(({ verdict }) => verdict);
  return worst([
    // What no lock may do breaks every claim that relies on the lock's being one.
    ...(breaches.length + applicationFaults.length > 0 || cells.some(isBroken) ? [EXIT.violated] : []),
    ...(verdicts.includes('missed') ? [EXIT.threshold] : []),
    ...(verdicts.includes('inconclusive') || cells.some((cell) => isOpen(cell, strictness)) ? [EXIT.inconclusive] : []),
  ]);
}

const isBroken = ({ claim, verdict }: Cell): boolean => isPromise(claim) && verdict === 'violated';

type Judged = Pick<LockReport, 'cells'> & Partial<Pick<LockReport, 'breaches' | 'applicationFaults' | 'thresholds'>>;

/** How a run ends that has tested these locks. */
export function conclude(
  locks: readonly (Pick<LockReport, 'name'> & Judged)[],
  strictness: Strictness,
  interrupted: boolean,
  /** By which the infrastructure has ended the run. */
  trouble?: string,
): { readonly exitCode: ExitCode; readonly conclusion: string } {
  if (trouble !== undefined && !interrupted) {
    const conclusion = `The infrastructure failed, and what follows is what was seen until then: ${trouble}`;
    return { exitCode: EXIT.infrastructure, conclusion };
  }
  const exitCode = interrupted ? EXIT.interrupted : worst(locks.map((lock) => exitCodeOf(lock, strictness)));
  return { exitCode, conclusion: conclusionOf(exitCode, locks, strictness) };
}

/** One sentence for the end of a report. */
export function conclusionOf(
  code: ExitCode,
  locks: readonly (Pick<LockReport, 'name'> & Judged)[],
  strictness: Strictness,
): string {
  const names = locks.map((lock) => lock.name).join(', ');
  switch (code) {
    case EXIT.ok:
      if (locks.every(({ cells }) => claimsNothing(cells)))
        return `${names}: nothing is claimed; above is what held and what broke${locks.some(demands) ? ', and every threshold is met' : ''}.`;
      return `${names}: every claim that was tested holds${locks.some(demands) ? ', every threshold is met' : ''}.`;
    case EXIT.violated:
      return `${andMore(brokenClaims(locks)) ?? `${names}: a claim is violated`}.`;
    case EXIT.inconclusive:
      return inconclusiveSentence(names, locks, strictness);
    case EXIT.interrupted:
      return `Interrupted: what follows is what was seen until then.`;
    case EXIT.threshold:
      return `${andMore(thresholdsThat('missed', locks).map((which) => `${which} is missed`)) ?? `${names}: a threshold is missed`}.`;
    case EXIT.usage:
      return 'Wrong usage.';
    case EXIT.infrastructure:
      return 'The infrastructure failed: nothing can be said of the lock.';
  }
}

const demands = ({ thresholds = [] }: Judged): boolean => thresholds.length > 0;

function andMore([first, ...others]: readonly string[]): string | undefined {
  return first === undefined || others.length === 0 ? first : `${first} and ${others.length} more`;
}

function brokenClaims(locks: readonly (Pick<LockReport, 'name'> & Judged)[]): string[] {
  return locks.flatMap(({ name, cells, breaches = [], applicationFaults = [] }) => [
    ...cells
      // What breaks composure is told as the breach that it is.
      .filter((cell) => isBroken(cell) && cell.property !== 'composure')
      .map(
        ({ property, hazard }) =>
          `${name} breaks its own claim on ${property} ${hazard === 'none' ? 'without faults' : `under ${hazard}`}`,
      ),
    ...breaches.map(({ message }) => `${name} does what no lock may: ${message}`),
    ...applicationFaults.map(
      ({ scenario, invariant }) =>
        `${name} keeps its word, and the application ${scenario} breaks its own invariant: ${invariant}`,
    ),
  ]);
}

/** `redlock: the threshold acquire p(99)<50`, for each with that verdict. */
function thresholdsThat(
  wanted: 'missed' | 'inconclusive',
  locks: readonly (Pick<LockReport, 'name'> & Judged)[],
): string[] {
  return locks.flatMap(({ name, thresholds = [] }) =>
    thresholds
      .filter(({ verdict }) => verdict === wanted)
      .map(({ expression }) => `${name}: the threshold ${expression}`),
  );
}

function inconclusiveSentence(
  names: string,
  locks: readonly (Pick<LockReport, 'name'> & Judged)[],
  strictness: Strictness,
): string {
  const open = locks.flatMap(({ cells }) => cells.filter((cell) => isOpen(cell, strictness))).length;
  const unmeasured = thresholdsThat('inconclusive', locks).length;
  const reasons = [
    ...(open === 0 ? [] : [`${open} claim${open === 1 ? ' was' : 's were'} not exercised`]),
    ...(unmeasured === 0 ? [] : [`${unmeasured} threshold${unmeasured === 1 ? '' : 's'} could not be judged`]),
  ];
  return `${names}: nothing was violated, but ${reasons.join(', and ')}.`;
}
