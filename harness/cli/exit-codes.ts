/** Every exit code of the program, and which one wins when several apply. */
import type { LockReport } from '../verdict/report.ts';

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

/** What the cells of a lock amount to. `requireAll`: what cannot be produced here counts as not exercised. */
export function exitCodeOf(lock: LockReport, options: { readonly requireAll: boolean }): ExitCode {
  const promised = lock.cells.filter(({ claim }) => claim === 'holds' || claim === 'unavailable');
  if (promised.some(({ verdict }) => verdict === 'violated')) return EXIT.violated;
  const missing = promised.filter(
    ({ verdict, exempt }) => verdict === 'inconclusive' && (!exempt || options.requireAll),
  );
  return missing.length > 0 ? EXIT.inconclusive : EXIT.ok;
}

/** One sentence for the end of a report. */
export function conclusionOf(code: ExitCode, locks: readonly LockReport[]): string {
  const names = locks.map((lock) => lock.name).join(', ');
  const broken = locks.flatMap((lock) =>
    lock.cells
      .filter(({ claim, verdict }) => (claim === 'holds' || claim === 'unavailable') && verdict === 'violated')
      .map((cell) => `${cell.property} under ${cell.hazard}`),
  );
  const open = locks.flatMap((lock) =>
    lock.cells.filter(({ claim, verdict, exempt }) => claim === 'holds' && verdict === 'inconclusive' && !exempt),
  ).length;
  switch (code) {
    case EXIT.ok:
      return `${names}: every claim that was tested holds.`;
    case EXIT.violated:
      return `${names} breaks its own claim on ${broken[0] ?? 'a property'}${broken.length > 1 ? ` and ${broken.length - 1} more` : ''}.`;
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
