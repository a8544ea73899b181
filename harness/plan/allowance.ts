/** What the bounds of a plan allow for beside what the lock states. */
import type { LockModule } from 'holdfast-locks';

/**
 * Room in the liveness bound: for machines that are busy with something else, and for a request that a fault held back,
 * which may be granted when it heals to somebody who has given that request up, for one more lease.
 */
export const recoverAllowanceMs = (leaseMs: number): number => Math.max(1000, leaseMs);

/** Room in the bounds on what a lock does undisturbed: for machines that are busy with something else. */
const BUSY_MS = 1000;
/** The longest time in which client libraries give up one command, unless they are told; with room for being slow. */
const SETTLE_MS = 2000;

/** From an answered release to the next grant, and from the end of an acquire's time to its answer. */
export const promptnessOf = ({
  recoverMs,
  handoverMs = recoverMs,
  settleMs = SETTLE_MS,
}: Pick<LockModule, 'recoverMs' | 'handoverMs' | 'settleMs'>): {
  readonly handoverMs: number;
  readonly settleMs: number;
} => ({
  handoverMs: handoverMs + BUSY_MS,
  settleMs: settleMs + BUSY_MS,
});
