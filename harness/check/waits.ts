/** How long the lock was waited for while nothing stood in the way. */
import type { FaultWindow } from './faults.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { latestEnd, leaseLength } from './reach.ts';

/** What a change is of; the waiting begins anew with each that is not a wait. */
export type Cause =
  | { readonly kind: 'fault'; readonly window: FaultWindow }
  | { readonly kind: 'hold' | 'wait' | 'grant'; readonly lease: Lease };

export interface Wait {
  /** Nanoseconds spent waiting. */
  readonly length: number;
  readonly until: number;
  /** What it began with. */
  readonly since: Cause & { readonly at: number };
  /** Who waited, at most the last three. */
  readonly waiting: readonly Lease[];
}

/** Calls back for what may keep the lock from being granted, for each wait for it, and for each grant (an instant). */
function forEachStretch(
  { faults, info }: LockHistory,
  leases: readonly Lease[],
  found: (from: number, to: number, cause: Cause) => void,
): void {
  const windows = faults.windows.filter(({ f }) => f !== 'client-crash');
  for (const window of windows) found(window.from, window.healedAt, { kind: 'fault', window });
  for (const lease of leases) {
    const killed = faults.killOf(lease.process)?.at ?? Infinity;
    const gaveUp = Math.min(lease.returned, Math.max(killed, lease.called));
    found(lease.called, Math.min(gaveUp, Math.max(info.endsAt, lease.called)), { kind: 'wait', lease });
    if (lease.acquire === 'ok') {
      found(lease.returned, lease.returned, { kind: 'grant', lease });
      found(lease.returned, latestEnd(faults, lease), { kind: 'hold', lease });
    } else if (lease.acquire === 'info' && gaveUp !== Infinity) {
      // It may have been granted without anybody knowing, as late as the faults that it met had healed.
      const met = windows.filter(({ from, healedAt }) => from <= gaveUp && healedAt >= lease.called);
      const arrived = met.reduce((latest, { healedAt }) => Math.max(latest, healedAt), gaveUp);
      found(gaveUp, arrived + leaseLength(lease), { kind: 'hold', lease });
    }
  }
}

/**
 * The longest wait in nanoseconds. Where it is within the bound nothing more is asked, and times alone, sorted as numbers,
 * say it at a fraction of the cost of `waitsOf`.
 */
export function longestWait(history: LockHistory, leases: readonly Lease[]): number {
  const times = { fault: newTimes(), hold: newTimes(), wait: newTimes(), grant: newTimes() };
  forEachStretch(history, leases, (from, to, { kind }) => {
    if (to < from) return;
    times[kind].from.push(from);
    times[kind].to.push(to);
  });
  const streams = (['fault', 'hold', 'wait', 'grant'] as const).flatMap((kind) => [
    { kind, by: 1, times: Float64Array.from(times[kind].from).toSorted(), next: 0 },
    { kind, by: -1, times: Float64Array.from(times[kind].to).toSorted(), next: 0 },
  ]);
  const active = { fault: 0, hold: 0, wait: 0, grant: 0 };
  let [longest, length, lastAt] = [0, 0, 0];
  for (;;) {
    let [at, first] = [Infinity, streams[0]];
    for (const stream of streams) {
      const head = stream.times[stream.next] ?? Infinity;
      if (head < at) [at, first] = [head, stream];
    }
    // What never ends keeps the lock to the end of the history.
    if (at === Infinity || first === undefined) return Math.max(longest, length);
    if (active.wait > 0 && active.fault === 0 && active.hold === 0) length += at - lastAt;
    lastAt = at;
    active[first.kind] += first.by;
    first.next += 1;
    if (first.kind === 'wait') continue;
    longest = Math.max(longest, length);
    length = 0;
  }
}

const newTimes = (): { readonly from: number[]; readonly to: number[] } => ({ from: [], to: [] });

interface Change {
  readonly at: number;
  /** 1 begins, -1 ends; 0 for a grant. */
  readonly by: 1 | -1 | 0;
  readonly cause: Cause;
}

function changesOf(history: LockHistory, leases: readonly Lease[]): Change[] {
  const changes: Change[] = [];
  forEachStretch(history, leases, (from, to, cause) => {
    if (cause.kind === 'grant') changes.push({ at: from, by: 0, cause });
    else if (to >= from) changes.push({ at: from, by: 1, cause }, { at: to, by: -1, cause });
  });
  const order = { grant: 0, fault: 1, hold: 2, wait: 3 };
  return changes.toSorted((a, b) => a.at - b.at || order[a.cause.kind] - order[b.cause.kind]);
}

/** The waiting without a grant, from one beginning to the next. */
export function waitsOf(history: LockHistory, leases: readonly Lease[]): Wait[] {
  const waits: Wait[] = [];
  const active = { fault: 0, hold: 0, wait: 0 };
  const waiting = new Set<Lease>();
  let waited = new Set<Lease>();
  let length = 0;
  let since: Wait['since'] | undefined;
  let lastAt = 0;
  const startAnew = (at: number, next: Wait['since']): void => {
    if (since !== undefined && length > 0) waits.push({ length, until: at, since, waiting: [...waited].slice(-3) });
    length = 0;
    since = next;
    waited = new Set(waiting);
  };
  for (const { at, by, cause } of changesOf(history, leases)) {
    since ??= { ...cause, at };
    if (active.wait > 0 && active.fault === 0 && active.hold === 0) length += at - lastAt;
    lastAt = at;
    if (cause.kind !== 'grant') active[cause.kind] += by;
    if (cause.kind !== 'wait') startAnew(at, { ...cause, at });
    else if (by === 1) {
      waiting.add(cause.lease);
      waited.add(cause.lease);
    } else waiting.delete(cause.lease);
  }
  if (since !== undefined) startAnew(lastAt, since);
  return waits;
}
