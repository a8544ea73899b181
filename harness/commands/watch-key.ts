/** What has happened to a key between two looks at it. */
import type { HolderView, KeyView } from './key-view.ts';

export type WatchEvent =
  | { readonly type: 'seen' | 'held' | 'gone'; readonly lock: string; readonly holder: HolderView }
  /** `count`: of renewals that were seen of this holder; there may have been more between two looks. */
  | { readonly type: 'renewed'; readonly lock: string; readonly holder: HolderView; readonly count: number }
  | { readonly type: 'waiting'; readonly lock: string; readonly waiting: number }
  | { readonly type: 'free' };

export interface Look {
  readonly views: readonly KeyView[];
  /** Of a monotonic clock. */
  readonly atMs: number;
  /** Renewals that were seen, by holder. */
  readonly renewals?: ReadonlyMap<string, number>;
}

/** Two looks differ by as much without anything having happened: one takes longer than another. */
const SLACK_MS = 50;

/** @param before nothing at the first look */
export function changesOf(
  before: Look | undefined,
  now: Look,
): { readonly events: readonly WatchEvent[]; readonly look: Look } {
  const known = holdersOf(before);
  const present = holdersOf(now);
  const renewals = new Map<string, number>();
  const events: WatchEvent[] = [];
  for (const [id, { lock, holder }] of known) if (!present.has(id)) events.push({ type: 'gone', lock, holder });
  for (const [id, { lock, holder }] of present) {
    const seen = known.get(id)?.holder;
    const count = before?.renewals?.get(id) ?? 0;
    const renewed = before !== undefined && seen !== undefined && isLonger(seen, before.atMs, holder, now.atMs);
    renewals.set(id, count + Number(renewed));
    if (seen === undefined) events.push({ type: before === undefined ? 'seen' : 'held', lock, holder });
    else if (renewed) events.push({ type: 'renewed', lock, holder, count: count + 1 });
  }
  for (const { lock, waiting } of now.views) {
    const earlier = before?.views.find((view) => view.lock === lock)?.waiting ?? 0;
    if (waiting !== undefined && waiting !== earlier) events.push({ type: 'waiting', lock, waiting });
  }
  if (present.size === 0 && (before === undefined || known.size > 0)) events.push({ type: 'free' });
  return { events, look: { ...now, renewals } };
}

function isLonger(seen: HolderView, seenAtMs: number, holder: HolderView, atMs: number): boolean {
  if (seen.remainingMs === undefined || holder.remainingMs === undefined) return false;
  const rise = atMs + holder.remainingMs - (seenAtMs + seen.remainingMs);
  return rise > SLACK_MS + (holder.remainingStepMs ?? 0);
}

function holdersOf(look: Look | undefined): Map<string, { readonly lock: string; readonly holder: HolderView }> {
  const entries = look?.views.flatMap(({ lock, holders }) =>
    holders.map((holder) => [holder.id, { lock, holder }] as const),
  );
  return new Map(entries);
}
