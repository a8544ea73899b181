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

type Fenced<Item> = Item & { readonly lease: Lease; readonly fence: bigint };

/** By token; those with the same one by the time of the grant. */
function sortByFence<Item extends { readonly lease: Lease }>(items: readonly Item[]): Fenced<Item>[] {
  const fenced = items.flatMap((item) =>
    item.lease.fence === undefined ? [] : [{ ...item, fence: item.lease.fence }],
  );
  const compare = (a: Fenced<Item>, b: Fenced<Item>): number =>
    a.fence < b.fence ? -1 : a.fence > b.fence ? 1 : a.lease.returned - b.lease.returned;
  const inOrder = fenced.every((item, index) => {
    const before = fenced[index - 1];
    return before === undefined || compare(before, item) <= 0;
  });
  return inOrder ? fenced : fenced.toSorted(compare);
}

/** Tells of each lease that has the token of another. */
function sharedFences(sorted: readonly Fenced<{ readonly lease: Lease }>[], found: (fault: FenceFault) => void): void {
  let fence: bigint | undefined;
  let same = new Rivals<Fenced<{ readonly lease: Lease }>>(() => false);
  for (const item of sorted) {
    if (item.fence !== fence) {
      fence = item.fence;
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
  const lower = new Rivals<{ readonly lease: Lease }>((a, b) => a.lease.called > b.lease.called);
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
