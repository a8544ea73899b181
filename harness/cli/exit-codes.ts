/** Every exit code of the program, and which one wins when several apply. */
import type { Cell, LockReport } from '../verdict/report.ts';

export const EXIT = {
  /** All claims hold. */
  ok: 0,
  /** A claim is violated. */
  violated: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** A threshold or a baseline is missed. */
  threshold: 3,
  /** Nothing was violated, but a claim on the profile's list was not exercised. */
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

const isPromised = ({ claim }: Cell): boolean => claim === 'holds' || claim === 'unavailable';

interface Strictness {
  /** What cannot be produced here counts as not exercised. */
  readonly requireAll: boolean;
}

const isOpen = (cell: Cell, { requireAll }: Strictness): boolean =>
  isPromised(cell) && cell.verdict === 'inconclusive' && (!cell.exempt || requireAll);

/** What the cells of a lock amount to. */
export function exitCodeOf({ cells }: Pick<LockReport, 'cells'>, strictness: Strictness): ExitCode {
  if (cells.some((cell) => isPromised(cell) && cell.verdict === 'violated')) return EXIT.violated;
  return cells.some((cell) => isOpen(cell, strictness)) ? EXIT.inconclusive : EXIT.ok;
}

/** One sentence for the end of a report. */
export function conclusionOf(
  code: ExitCode,
  locks: readonly Pick<LockReport, 'name' | 'cells'>[],
  strictness: Strictness,
): string {
  const names = locks.map((lock) => lock.name).join(', ');
  const broken = locks.flatMap(({ name, cells }) =>
    cells
      .filter((cell) => isPromised(cell) && cell.verdict === 'violated')
      .map((cell) => `${name} breaks its own claim on ${cell.property} under ${cell.hazard}`),
  );
  const open = locks.flatMap(({ cells }) => cells.filter((cell) => isOpen(cell, strictness))).length;
  switch (code) {
    case EXIT.ok:
      return `${names}: every claim that was tested holds.`;
    case EXIT.violated:
      return `${broken[0] ?? `${names}: a claim is violated`}${broken.length > 1 ? ` and ${broken.length - 1} more` : ''}.`;
    case EXIT.inconclusive:
      return `${names}: nothing was violated, but ${open} claim${open === 1 ? ' was' : 's were'} not exercised.`;
    case EXIT.interrupted:
      return `Interrupted: what follows is what was seen until then.`;
    case EXIT.threshold:
      return `${names}: a threshold is missed.`;
    case EXIT.usage:
      return 'Wrong usage.';
    case EXIT.infrastructure:
      return 'The infrastructure failed: nothing can be said of the lock.';
  }
}
