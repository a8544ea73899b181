/** The verdicts on fairness, reentrancy and sharing once more, by looking at every pair and every moment. */
import { compatible, deadlineInForce, stepsOf } from './brute-force.ts';
import type { LeaseStory, Story } from '../../harness/testing/story.ts';

export interface Bounds {
  readonly allowance: number;
  readonly bypass: number;
}

interface Judged {
  readonly lease: LeaseStory;
  readonly called: number;
  readonly shared: boolean;
  readonly granted: boolean;
  /** When its client stopped waiting. */
  readonly until: number;
  readonly known: boolean;
}

/** The last event of a story: whoever still waits then has waited so long. */
export function endOf({ leases, standstills, uses }: Story): number {
  return Math.max(
    ...leases.flatMap(({ acquire, renewals, probes, lostAt, killedAt, release }) => [
      acquire.called,
      acquire.outcome === 'info' ? 0 : acquire.returned,
      ...renewals.map(({ at }) => at),
      ...probes.map(({ at }) => at),
      lostAt ?? 0,
      killedAt ?? 0,
      release?.called ?? 0,
      release === undefined || release.outcome === 'unknown' ? 0 : release.returned,
    ]),
    ...standstills.map(({ to }) => to),
    ...uses.map(({ at }) => at),
  );
}

export function judged(story: Story): Judged[] {
  const end = endOf(story);
  return story.leases.map((lease) => {
    const { called, returned, outcome } = lease.acquire;
    const answered = outcome === 'info' ? Infinity : returned;
    const until = Math.min(answered, lease.killedAt ?? Infinity, end);
    return { lease, called, shared: lease.shared, granted: outcome === 'ok', until, known: outcome !== 'info' };
  });
}

function disturbed(story: Story, { lease }: Judged, from: number, to: number, margin: number): boolean {
  const touched = story.standstills.some(
    (one) => one.worker === lease.worker && one.from <= to && one.to + margin >= from,
  );
  return touched || story.leases.some((one) => one.worker === lease.worker && (one.killedAt ?? Infinity) <= to);
}

function certainUntil(lease: LeaseStory): number {
  const ends = [lease.release?.called, lease.lostAt, lease.killedAt, deadlineInForce(lease)];
  return Math.min(...ends.map((end) => end ?? Infinity));
}

/** The latest moment at which a lease of its owner that was granted before its call is certainly still in force. */
function ownUntil(story: Story, { lease, called }: Judged): number {
  const own = story.leases.filter(
    (other) =>
      lease.owner !== undefined &&
      other.owner === lease.owner &&
      other.acquire.outcome === 'ok' &&
      other.acquire.returned < called,
  );
  return Math.max(-Infinity, ...own.map(certainUntil).filter((end) => end > called));
}

const isReentry = (story: Story, one: Judged): boolean => ownUntil(story, one) > -Infinity;

function bypassed(waiter: Judged, rivals: readonly Judged[], { allowance, bypass }: Bounds): boolean {
  // Whoever waits in vain may have given up by so much before it says so.
  const until = waiter.lease.acquire.returned - (waiter.granted ? 0 : allowance);
  const before = rivals.filter(
    (rival) => rival.called > waiter.called + allowance && rival.lease.acquire.returned < until,
  );
  return before.length > bypass;
}

/** Who was bypassed too often. */
export function bypassedOf(story: Story, bounds: Bounds): string[] {
  const all = judged(story).filter((one) => !one.shared && !isReentry(story, one));
  const rivals = all.filter(({ granted }) => granted);
  return all
    .filter((one) => one.known && !disturbed(story, one, one.called, one.lease.acquire.returned, bounds.allowance))
    .filter((one) => bypassed(one, rivals, bounds))
    .map(({ lease }) => lease.id);
}

/** Who was not let in although its owner was inside. */
export function refusedOwnersOf(story: Story, { allowance }: Bounds): string[] {
  return judged(story)
    .filter((one) => {
      const until = Math.min(ownUntil(story, one), one.until);
      return until - one.called > allowance && !disturbed(story, one, one.called, until, allowance);
    })
    .map(({ lease }) => lease.id);
}

export function latestUntil(lease: LeaseStory): number {
  const { release, lostAt, killedAt } = lease;
  if (release?.outcome === 'released') return release.returned;
  const deadline = deadlineInForce(lease);
  if (deadline === Infinity) {
    const answered = release === undefined || release.outcome === 'failed' ? Infinity : release.returned;
    const known = release?.outcome === 'unknown' ? Infinity : answered;
    return Math.min(known, lostAt ?? Infinity, killedAt ?? Infinity);
  }
  return killedAt === undefined ? deadline : Math.max(deadline, killedAt + lengthOf(lease));
}

export function lengthOf({ acquire }: LeaseStory): number {
  return acquire.length ?? Infinity;
}

/** An exclusive attempt may be in anybody's way until then. */
function lastTrace(one: Judged): number {
  if (one.granted) return latestUntil(one.lease);
  return one.until + lengthOf(one.lease);
}

/** A reader and a writer whose proven holds overlap. */
export function mixes(story: Story): boolean {
  const holds = story.leases.flatMap((lease) => {
    const steps = stepsOf([lease]);
    const [grant, end] = [steps.find(({ kind }) => kind === 'grant'), steps.find(({ kind }) => kind === 'end')];
    if (grant === undefined || end === undefined || lease.acquire.outcome !== 'ok') return [];
    return end.from >= grant.to ? [{ lease, from: grant.to, to: end.from }] : [];
  });
  return holds.some((a) =>
    holds.some((b) => a.lease.shared && !b.lease.shared && !compatible(a.lease, b.lease) && overlap(a, b)),
  );
}

/** Each begins before the other ends; an instant at the edge of a stretch does not overlap it. */
function overlap(a: { from: number; to: number }, b: { from: number; to: number }): boolean {
  return a.from < b.to && b.from < a.to;
}

/** Readers that were kept out although nobody wanted the lock exclusively. */
export function keptApartOf(story: Story, { allowance }: Bounds): string[] {
  const all = judged(story);
  const wanted = (at: number): boolean => all.some((one) => !one.shared && one.called <= at && at <= lastTrace(one));
  return all
    .filter((one) => {
      if (!one.shared || wanted(one.called)) return false;
      let until = one.called;
      while (until + 0.5 <= one.until && !wanted(until + 0.5)) until += 0.5;
      // Wanted from the next moment on: free until just before it.
      const free = until + 0.5 <= one.until ? until + 0.5 : until;
      return free - one.called > allowance && !disturbed(story, one, one.called, free, allowance);
    })
    .map(({ lease }) => lease.id);
}

/** Writers that readers who asked later were let in before. */
export function starvedOf(story: Story, bounds: Bounds): string[] {
  const { allowance } = bounds;
  const all = judged(story);
  const exclusive = all.filter(({ shared }) => !shared);
  const inForce = (at: number): boolean =>
    exclusive.some((one) => {
      if (one.granted) return one.lease.acquire.returned <= at && at <= latestUntil(one.lease) + allowance;
      return !one.known && one.called <= at && at <= lastTrace(one) + allowance;
    });
  const rivals = all.filter((one) => {
    if (!one.shared || !one.granted || isReentry(story, one)) return false;
    for (let at = one.called; at <= one.lease.acquire.returned; at += 0.5) if (inForce(at)) return false;
    return true;
  });
  return exclusive
    .filter((one) => one.known && !disturbed(story, one, one.called, one.lease.acquire.returned, allowance))
    .filter((one) => bypassed(one, rivals, bounds))
    .map(({ lease }) => lease.id);
}
