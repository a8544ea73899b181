/** Do fencing tokens rise? Along real time, and along the order in which the service must have granted. */
import type { Holds } from './holds.ts';
import type { Lease } from './leases.ts';
import { Rivals } from './rivals.ts';
import type { Service } from './service.ts';

export interface FenceFault {
  readonly kind: 'shared' | 'order';
  /** Has the smaller token (or the same one), but cannot have been granted before the other. */
  readonly lower: Lease;
  readonly higher: Lease;
  /** A third lease that forces the two into that order. */
  readonly because: Lease | undefined;
}

interface OfLease {
  readonly lease: Lease;
}

function compareFences(a: OfLease, b: OfLease): number {
  const [first, second] = [a.lease.fence ?? 0n, b.lease.fence ?? 0n];
  return first < second ? -1 : first > second ? 1 : a.lease.returned - b.lease.returned;
}

/** Those with a token, by token; those with the same one by the time of the grant. */
function sortByFence<Item extends OfLease>(items: readonly Item[]): readonly Item[] {
  return items.filter(({ lease }) => lease.fence !== undefined).toSorted(compareFences);
}

/** Are these, in this order, of tokens that rise strictly? */
function rise(items: readonly OfLease[]): boolean {
  let last: bigint | undefined;
  return items.every(({ lease: { fence } }) => {
    const above = fence === undefined || last === undefined || fence > last;
    last = fence ?? last;
    return above;
  });
}

/** Tells of each lease that has the token of another. */
function sharedFences(sorted: readonly OfLease[], found: (fault: FenceFault) => void): void {
  let fence: bigint | undefined;
  let same = new Rivals<OfLease>(() => false);
  for (const item of sorted) {
    if (item.lease.fence !== fence) {
      ({ fence } = item.lease);
      same = new Rivals(() => false);
    }
    const other = same.of(item.lease);
    if (other !== undefined) found({ kind: 'shared', lower: other.lease, higher: item.lease, because: undefined });
    same.offer(item);
  }
}

/**
 * Along real time only: a lease that was granted before another was asked for has the smaller token, and no two have
 * the same. O(n log n).
 */
export function fencesInRealTime(leases: readonly Lease[], found: (fault: FenceFault) => void): void {
  const sorted = sortByFence(leases.filter(({ acquire }) => acquire === 'ok').map((lease) => ({ lease })));
  sharedFences(sorted, found);
  const lower = new Rivals<OfLease>((a, b) => a.lease.called > b.lease.called);
  for (const { lease } of sorted) {
    const latest = lower.of(lease);
    if (latest !== undefined && lease.returned < latest.lease.called && latest.lease.fence !== lease.fence) {
      found({ kind: 'order', lower: latest.lease, higher: lease, because: undefined });
    }
    lower.offer({ lease });
  }
}

/** A lease, placed as early as its own answers and the smaller tokens allow. */
interface Placed {
  readonly lease: Lease;
  readonly over: number;
  /** What keeps it from being over earlier, if that is not the lease itself. */
  readonly because: Lease | undefined;
}

/**
 * Along the order of the service, exactly: is there an order of all grants that the answers allow and along which
 * tokens rise strictly? `service` must be without overlaps.
 *
 * Leases are placed in order of their tokens, each as early as possible: a proven hold where it is, an instant at the
 * first moment of its window that is after all rivals placed before and inside no rival's hold. All constraints are of
 * the form "not before", so if the earliest placement does not fit, none does. O(n log n), and one step more for each
 * hold that an instant has to be moved behind.
 */
export function fencesInServiceOrder(service: Service, holds: Holds, found: (fault: FenceFault) => void): void {
  // The usual case: nothing arrived dead, and each token is above the one before.
  if (service.moments.length === 0 && holds.disjoint !== undefined && rise(holds.disjoint)) return;
  const sorted = sortByFence([
    ...service.holds.map(({ lease, start, end }) => ({ lease, from: start, to: start, end })),
    ...service.moments.map((window) => ({ ...window, end: undefined })),
  ]);
  sharedFences(sorted, found);
  const before = new Rivals<Placed>((a, b) => a.over > b.over);
  for (const { lease, from, to, end } of sorted) {
    const latest = before.of(lease);
    let at = Math.max(from, latest?.over ?? -Infinity);
    let because = latest !== undefined && latest.over >= from ? (latest.because ?? latest.lease) : undefined;
    if (end === undefined) {
      const free = holds.firstFree(lease, at);
      at = free.at;
      because = free.behind?.lease ?? because;
    }
    if (at > to) {
      // `service` has no overlaps, so that it is a lease with a smaller token that pushed this one out of its place.
      if (latest !== undefined && latest.lease.fence !== lease.fence) {
        found({
          kind: 'order',
          lower: latest.lease,
          higher: lease,
          because: because === latest.lease ? undefined : because,
        });
      }
      continue;
    }
    before.offer({ lease, over: end ?? at, because: end === undefined ? because : undefined });
  }
}
