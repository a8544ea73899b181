/** Whether a lock was offered more than it can do. */
import type { Load } from './load-report.ts';

/** Of what is offered, so much must be done. */
const KEPT_SHARE = 0.97;
/** Of the arrivals, so many may be dropped: those of a short stall that the queue made up for. */
const DROPPED_SHARE = 0.001;

/** Of an open loop: its backlog grew, or arrivals found no room. Closed loops offer what is taken. */
export function isSaturated({ offered, rounds }: Pick<Load, 'offered' | 'rounds'>): boolean {
  if (offered === undefined || offered.arrivals === 0) return false;
  if (offered.dropped > offered.arrivals * DROPPED_SHARE) return true;
  const cycles = rounds.reduce((sum, round) => sum + round.cycles, 0);
  return cycles < offered.arrivals * KEPT_SHARE;
}
