/** What is compared: the report of a lock, and what else must be known of it. */
import type { Claims } from 'holdfast-locks/internal/claims';
import type { Round } from '../report/load.ts';
import type { LockReport, Report } from '../report/report.ts';

export interface Entry {
  readonly label: string;
  readonly report: LockReport;
  /** Of the lock's module; absent where it is not at hand. */
  readonly claims?: Claims;
  readonly machine: Report['machine'];
  /** Entries of one turn took turns: round i of each was measured at about the same time. Absent: on its own. */
  readonly turn?: number;
}

/** Was round i of both measured at about the same time? */
export const tookTurns = (one: Entry | undefined, other: Entry | undefined): boolean =>
  one?.turn !== undefined && one.turn === other?.turn;

export const roundsOf = ({ load }: LockReport): readonly Round[] => load?.rounds ?? [];
