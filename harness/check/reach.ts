/** Until when leases are, or may be, in force: what the verdicts on waiting have in common. */
import type { WorkerFaults } from './faults.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';

/**
 * How long the lease of an attempt lasts at most once it is granted, or renewed: as it was stated, and never guessed, not
 * even from its deadline (it may have been asked for long before it was granted) or from other leases. Infinity where
 * nothing is stated.
 */
export function leaseLength({ effectiveNs, askedNs }: Lease): number {
  return effectiveNs ?? askedNs ?? Infinity;
}

/** The latest moment until which a granted lease may be in force, as far as the lock has said. */
export function latestEnd(faults: WorkerFaults, lease: Lease): number {
  const { release, lost, latestDeadline: deadline, effectiveNs = 0 } = lease;
  if (release?.outcome === 'released' || release?.outcome === 'done') return release.returned;
  const killed = faults.killOf(lease.process)?.at ?? Infinity;
  if (deadline === Infinity) {
    return Math.min(release?.returned ?? Infinity, lost?.at ?? Infinity, killed + effectiveNs);
  }
  // A renewal that nobody recorded may have been under way when the worker was killed.
  return killed === Infinity ? deadline : Math.max(deadline, killed + leaseLength(lease));
}

/** Until when a lease that was granted is certainly in force: its user has not let go of it, nor has it ended by itself. */
export function certainEnd(faults: WorkerFaults, lease: Lease): number {
  const killed = faults.killOf(lease.process)?.at ?? Infinity;
  return Math.min(lease.letGo, lease.deadline, lease.lost?.at ?? Infinity, killed);
}

/** When the client of an attempt stopped waiting: its answer, its kill, or the end of the history. */
export function gaveUpAt({ faults, info }: LockHistory, lease: Lease): number {
  const killed = faults.killOf(lease.process)?.at ?? Infinity;
  return Math.min(lease.returned, Math.max(killed, lease.called), Math.max(info.endsAt, lease.called));
}
