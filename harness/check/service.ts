/** What the answers of a lock prove about when each lease was held (verdict 1). */
import type { WorkerFaults } from './faults.ts';
import type { Hold } from './holds.ts';
import type { Lease } from './leases.ts';

/**
 * The least end of a lease: the service says itself that it was held until then, if it was held at all. Infinity where
 * nothing ever ended it, -Infinity where nothing is proven. Unless its release was answered "released", a service may have
 * ended it as soon as its holder was killed or was told of a loss, whatever deadline it had stated.
 */
function leastEnd(lease: Lease, faults: WorkerFaults): number {
  const { release, deadline, lost } = lease;
  if (release?.outcome === 'released') return release.called;
  if (deadline === Infinity && (lost !== undefined || release?.outcome === 'lost')) return -Infinity;
  const killed = faults.killOf(lease.process)?.at ?? Infinity;
  return Math.min(release?.called ?? Infinity, deadline, killed, lost?.at ?? Infinity);
}

/**
 * When it was settled that a lease was held at `at`: right then, if its deadline had not passed; else with the answer
 * of its release, which alone says so.
 */
export function settledAt({ deadline, release }: Lease, at: number): number {
  return deadline > at || release?.outcome !== 'released' ? at : Math.max(at, release.returned);
}

/** A lease that need not have been held for longer than an instant, and when that instant may have been. */
export interface Moment {
  readonly lease: Lease;
  readonly from: number;
  readonly to: number;
}

export interface Service {
  /** Acquires, and leases whose release was called. */
  readonly operations: number;
  /** Held at least so long. */
  readonly holds: readonly Hold[];
  /** Granted dead, or released without a known grant. */
  readonly moments: readonly Moment[];
  /** Answered "released" although the acquire certainly did not happen. */
  readonly releasedUngranted: readonly Lease[];
}

export function serviceOf(leases: readonly Lease[], faults: WorkerFaults): Service {
  const holds: Hold[] = [];
  const moments: Moment[] = [];
  const releasedUngranted: Lease[] = [];
  let operations = 0;
  for (const lease of leases) {
    operations += lease.releaseOutcome === undefined ? 1 : 2;
    const released = lease.releaseOutcome === 'released';
    if (lease.acquire !== 'ok' && !released) continue;
    if (lease.acquire === 'fail') {
      releasedUngranted.push(lease);
      continue;
    }
    const granted = lease.acquire === 'ok' ? lease.returned : Infinity;
    const end = leastEnd(lease, faults);
    if (end >= granted) {
      holds.push({ lease, start: granted, end });
    } else {
      const answered = released ? (lease.release?.returned ?? Infinity) : Infinity;
      moments.push({ lease, from: Math.max(lease.called, end), to: Math.min(granted, answered) });
    }
  }
  return { operations, holds, moments, releasedUngranted };
}
