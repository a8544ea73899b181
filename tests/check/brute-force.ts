/**
 * The verdicts once more, slow and obviously correct: by trying every order and looking at every moment. Times are
 * small integers.
 */
import type { LeaseStory, Story } from '../../harness/testing/story.ts';

/** A grant or the end of a lease, somewhere in a window. */
export interface Step {
  readonly kind: 'grant' | 'end';
  readonly lease: LeaseStory;
  readonly from: number;
  readonly to: number;
  readonly required: boolean;
}

export function deadlineInForce({ acquire, renewals }: LeaseStory): number {
  let deadline = acquire.deadline ?? Infinity;
  const inTime = renewals.toSorted((a, b) => a.at - b.at || b.deadline - a.deadline);
  for (const renewal of inTime) {
    if (!(renewal.at < deadline)) break;
    deadline = renewal.deadline;
  }
  return deadline;
}

/** When the service may have ended a lease by itself, or by a release that did not say so. */
function mayEndFrom(lease: LeaseStory): number {
  const deadline = deadlineInForce(lease);
  const { release } = lease;
  const releasing = release === undefined || release.outcome === 'failed' ? Infinity : release.called;
  if (deadline === Infinity && (lease.lostAt !== undefined || release?.outcome === 'lost')) return -Infinity;
  return Math.min(releasing, deadline, lease.killedAt ?? Infinity, lease.lostAt ?? Infinity);
}

export function stepsOf(leases: readonly LeaseStory[]): Step[] {
  return leases.flatMap((lease): Step[] => {
    const { acquire, release } = lease;
    const released = release?.outcome === 'released';
    if (acquire.outcome !== 'ok' && !released) return [];
    // What certainly did not happen cannot be released.
    const grantTo = acquire.outcome === 'fail' ? -Infinity : acquire.outcome === 'ok' ? acquire.returned : Infinity;
    const grant: Step = { kind: 'grant', lease, from: acquire.called, to: grantTo, required: true };
    const end: Step = released
      ? { kind: 'end', lease, from: release.called, to: release.returned, required: true }
      : { kind: 'end', lease, from: mayEndFrom(lease), to: Infinity, required: false };
    return [grant, end];
  });
}

export function compatible(a: LeaseStory, b: LeaseStory): boolean {
  return (a.shared && b.shared) || (a.owner !== undefined && a.owner === b.owner);
}

/**
 * Is there an order of grants and ends that one lock with `permits` could have gone through, each inside its window?
 * @param fences whether each grant's token must also exceed those of all rivals granted before.
 */
export function serviceIsLegal(leases: readonly LeaseStory[], fences: boolean, permits = 1): boolean {
  const steps = stepsOf(leases);
  const all = steps.reduce((mask, step, index) => (step.required ? mask | (1 << index) : mask), 0);
  // The earliest moment at which each set of steps can be done.
  const earliest = new Map<number, number>([[0, -Infinity]]);
  const queue = [0];
  for (let done = queue.pop(); done !== undefined; done = queue.pop()) {
    if ((done & all) === all) return true;
    const now = earliest.get(done) ?? -Infinity;
    const did = (kind: Step['kind'], lease: LeaseStory): boolean =>
      steps.some((step, index) => step.kind === kind && step.lease === lease && (done & (1 << index)) !== 0);
    const granted = leases.filter((lease) => did('grant', lease));
    const held = granted.filter((lease) => !did('end', lease));
    for (const [index, step] of steps.entries()) {
      if ((done & (1 << index)) !== 0) continue;
      const at = Math.max(now, step.from);
      if (at > step.to) continue;
      if (step.kind === 'end' && !granted.includes(step.lease)) continue;
      if (step.kind === 'grant') {
        if (permits === 1 && !held.every((other) => compatible(other, step.lease))) continue;
        if (permits > 1 && held.length >= permits) continue;
        if (fences && !granted.every((other) => compatible(other, step.lease) || rises(other, step.lease))) continue;
      }
      const next = done | (1 << index);
      if (at < (earliest.get(next) ?? Infinity)) {
        earliest.set(next, at);
        queue.push(next);
      }
    }
  }
  return false;
}

function rises(before: LeaseStory, after: LeaseStory): boolean {
  const [lower, higher] = [before.acquire.fence, after.acquire.fence];
  return lower === undefined || higher === undefined || lower < higher;
}

/** Did the user of the lease have reason to believe in it at this moment (never a whole number)? */
function believes(lease: LeaseStory, at: number): boolean {
  const { acquire, release, lostAt, killedAt, probes } = lease;
  if (acquire.outcome !== 'ok' || at < acquire.returned) return false;
  if (release !== undefined && release.called < at) return false;
  if (lostAt !== undefined && lostAt < at) return false;
  if (killedAt !== undefined && killedAt < at) return false;
  return at < deadlineInForce(lease) || probes.some((probe) => probe.held && probe.at > at);
}

/** Granted after the deadline: believed for an instant, unless its worker stood still meanwhile. */
function instant(lease: LeaseStory, story: Story): number | undefined {
  const { acquire, probes, release, lostAt, killedAt, worker } = lease;
  if (acquire.outcome !== 'ok') return undefined;
  const at = acquire.returned;
  const deadline = Math.max(deadlineInForce(lease), ...probes.filter(({ held }) => held).map((probe) => probe.at));
  if (deadline >= at) return undefined;
  if ([release?.called, lostAt, killedAt].some((end) => end !== undefined && end < at)) return undefined;
  const still = story.standstills.some((one) => one.worker === worker && one.from <= at && one.to >= deadline);
  return still ? undefined : at;
}

const HORIZON = 64;

/** Two rivals who believe at the same moment; an instant counts only strictly inside another's belief. */
export function beliefIsLegal(story: Story): boolean {
  for (const [index, a] of story.leases.entries()) {
    for (const b of story.leases.slice(index + 1)) {
      if (compatible(a, b)) continue;
      for (let at = 0; at < HORIZON; at += 1) {
        if (believes(a, at + 0.5) && believes(b, at + 0.5)) return false;
      }
      const inside = (other: LeaseStory, at: number | undefined): boolean =>
        at !== undefined && believes(other, at - 0.5) && believes(other, at + 0.5);
      if (inside(a, instant(b, story)) || inside(b, instant(a, story))) return false;
    }
  }
  return true;
}

/** Of each lost update whether it is charged to the lock, in order of the writes. */
export function lostUpdatesOf(story: Story): ('lock' | 'not the lock')[] {
  const uses = story.uses.toSorted((a, b) => a.at - b.at);
  const writes = uses.filter(({ kind }) => kind === 'write');
  const inTime = (use: (typeof uses)[number]): boolean => {
    const lease = story.leases.find(({ id }) => id === use.lease);
    // Uses come after the grant; the moment just after tells whether belief had ended at it or before.
    return lease !== undefined && believes(lease, use.at + 0.5);
  };
  return writes.flatMap((write) => {
    const before = uses.filter((use) => use.at < write.at);
    const current = before.findLast(({ kind }) => kind === 'write')?.value ?? before[0]?.value ?? write.from;
    if (write.from === current) return [];
    const read = before.findLast((use) => use.kind === 'read' && use.lease === write.lease);
    const undone = writes.filter((other) => other.at < write.at && (read === undefined || other.at > read.at));
    const involved = read === undefined ? undone.slice(-1) : undone;
    const writer = story.leases.find(({ id }) => id === write.lease);
    const rivals = involved.filter((other) => {
      const lease = story.leases.find(({ id }) => id === other.lease);
      return lease === undefined || writer === undefined || !compatible(lease, writer);
    });
    return [inTime(write) && rivals.some(inTime) ? 'lock' : 'not the lock'];
  });
}
