/** The verdict on handing over once more, by looking at every pair of leases. Times are small integers. */
import { deadlineInForce } from './brute-force.ts';
import { judged, latestUntil, lengthOf } from './brute-force-waiting.ts';
import type { LeaseStory, Story } from '../../harness/testing/story.ts';

interface Bounds {
  readonly handover: number;
  readonly recover: number;
}

interface Reach {
  readonly from: number;
  readonly to: number;
}

const touch = (a: Reach, b: Reach): boolean => a.from <= b.to && b.from <= a.to;

/** Nothing was done to anybody, nor shortly before, and nobody stalled. */
function quiet({ leases, standstills }: Story, over: Reach, margin: number): boolean {
  const killed = leases.some(({ killedAt = Infinity }) => killedAt <= over.to);
  const stopped = standstills.some(({ kind, from, to }) =>
    touch({ from, to: kind === 'pause' ? to + margin : to }, over),
  );
  return !killed && !stopped;
}

/** When the last renewal was recorded that came in time. */
function lastCounted({ acquire, renewals }: LeaseStory): number | undefined {
  let [deadline, last]: [number, number | undefined] = [acquire.deadline ?? Infinity, undefined];
  for (const renewal of renewals.toSorted((a, b) => a.at - b.at || b.deadline - a.deadline)) {
    if (!(renewal.at < deadline)) break;
    [deadline, last] = [renewal.deadline, renewal.at];
  }
  return last;
}

/** Leases whose only release was answered `lost` although nothing had happened to them. */
export function lostEarlyOf(story: Story, { recover }: Bounds): string[] {
  const all = judged(story);
  return story.leases
    .filter((lease) => {
      const { acquire, release, lostAt } = lease;
      const deadline = deadlineInForce(lease);
      if (acquire.outcome !== 'ok' || release?.outcome !== 'lost' || lostAt !== undefined || deadline === Infinity)
        return false;
      if (release.called < acquire.returned) return false;
      if (!(release.returned < deadline - (deadline - acquire.called) / 100)) return false;
      if ((lastCounted(lease) ?? -1) >= release.called) return false;
      const over = { from: acquire.returned, to: release.returned };
      const others = all
        .filter((other) => other.lease !== lease && other.lease.acquire.outcome !== 'fail')
        .map(({ lease: other, granted, called, until }): Reach => {
          if (!granted) return { from: called, to: until + lengthOf(other) };
          const released = other.release?.outcome === 'released';
          const from = other.acquire.returned;
          // One whose end is said to lie before its grant may have been in force when it was granted.
          return { from, to: Math.max(from, released ? (other.release?.called ?? 0) : latestUntil(other)) };
        });
      return (
        quiet(story, { from: acquire.called, to: release.returned }, recover) && !others.some((one) => touch(one, over))
      );
    })
    .map(({ id }) => id);
}

/** Those after whose release somebody was kept waiting. */
export function keptWaitingOf(story: Story, { handover, recover }: Bounds, endsAt: number): string[] {
  const all = judged(story);
  const grants = story.leases
    .filter(({ acquire }) => acquire.outcome === 'ok')
    .map((lease) => ({ lease, from: lease.acquire.returned, to: Math.max(lease.acquire.returned, latestUntil(lease)) }))
    .toSorted((a, b) => a.from - b.from);
  const releases = (lease: LeaseStory): boolean => lease.release?.outcome === 'released';
  const doubts = all.flatMap(({ lease, granted, until }): Reach[] => {
    if (granted)
      return releases(lease) ? [] : [{ from: lease.acquire.returned + 1, to: latestUntil(lease) + lengthOf(lease) }];
    return [{ from: until + 1, to: until + lengthOf(lease) }];
  });
  return [...new Set(grants.map(({ to }) => to))].flatMap((freedAt): string[] => {
    const holder = grants.find(({ to }) => to === freedAt);
    if (
      holder === undefined ||
      !releases(holder.lease) ||
      grants.some(({ from, to }) => from <= freedAt && to > freedAt)
    )
      return [];
    const next = Math.min(...grants.map(({ from }) => from).filter((from) => from > freedAt && from > holder.from));
    const isKept = all.some(({ lease, called, until }) => {
      const answered = lease.acquire.outcome === 'info' ? Infinity : lease.acquire.returned;
      const over = { from: freedAt, to: Math.min(next, answered, until, Math.max(endsAt, freedAt)) };
      if (over.to - Math.max(called, freedAt) <= handover) return false;
      return quiet(story, over, recover) && !doubts.some((doubt) => doubt.from <= doubt.to && touch(doubt, over));
    });
    return isKept ? [holder.lease.id] : [];
  });
}
