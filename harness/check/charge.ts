/** Who is to blame for a lost update: the lock, a fault that made a write come late, or nobody knows. */
import { beliefEnd } from './belief.ts';
import type { LostUpdate } from './damage.ts';
import type { Cause, Excuse } from './faults.ts';
import { moment } from './findings.ts';
import { mayOverlap } from './leases.ts';
import type { ResourceUse } from './lock-events.ts';
import type { LockHistory } from './lock-history.ts';
import type { Finding } from './verdict.ts';

export interface Charge {
  readonly kind: Finding['kind'];
  readonly cause?: Cause | 'overstay';
  readonly why: () => string;
  /** Events that show the cause. */
  readonly refs: readonly number[];
}

/** @param usesOf the uses of each lease. */
export function charge(
  history: LockHistory,
  { write, between }: LostUpdate,
  usesOf: ReadonlyMap<string, readonly ResourceUse[]>,
): Charge {
  const rivals = between.filter((other) => !exempt(history, write, other));
  if (rivals.length === 0 && between.length > 0) return inconclusive('their leases are allowed to overlap');
  if (isInTime(history, write) && rivals.some((rival) => isInTime(history, rival))) {
    return { kind: 'violation', why: () => 'both still believed that they held the lock', refs: [] };
  }
  for (const late of [write, ...rivals]) {
    const excuse = isInTime(history, late) ? undefined : excuseOf(history, late, usesOf.get(late.lease) ?? []);
    if (excuse === undefined) continue;
    const why = (): string => lateInWords(history, late, excuse, `the write of ${late.to}`);
    return { kind: 'overrun', cause: excuse.cause, why, refs: excuse.refs };
  }
  const overstayed = [write, ...rivals].find((late) => !isInTime(history, late) && isOverstay(history, late));
  if (overstayed !== undefined) {
    return {
      kind: 'overrun',
      cause: 'overstay',
      why: () => overstayInWords(history, overstayed, `the write of ${overstayed.to}`),
      refs: [],
    };
  }
  return inconclusive('a write came after its lease, and nothing shows why');
}

/** When something was done to the resource, and under which lease. */
export type Timed = Pick<ResourceUse, 'lease' | 'at'>;

/** Its user went on beyond the deadline, alive and without a word of a loss. */
export function isOverstay({ leases, faults }: LockHistory, late: Timed): boolean {
  const lease = leases.get(late.lease);
  if (lease === undefined || lease.acquire !== 'ok' || lease.latestDeadline > late.at) return false;
  const killed = faults.killOf(lease.process)?.at ?? Infinity;
  return late.at < Math.min(lease.letGo, lease.lost?.at ?? Infinity, killed);
}

/** @param what names it, such as `the write of 3` */
export function overstayInWords({ info, leases }: LockHistory, late: Timed, what: string): string {
  const end = leases.get(late.lease)?.latestDeadline ?? late.at;
  return `${what} came after its lease, which ended at ${moment(info, end)} and was held beyond that`;
}

export function inconclusive(why: string): Charge {
  return { kind: 'inconclusive', why: () => why, refs: [] };
}

function exempt({ leases }: LockHistory, a: ResourceUse, b: ResourceUse): boolean {
  const [first, second] = [leases.get(a.lease), leases.get(b.lease)];
  return first !== undefined && second !== undefined && mayOverlap(first, second);
}

/** Accepted before the belief in its own lease ended. */
export function isInTime({ leases, faults }: LockHistory, use: Timed): boolean {
  const lease = leases.get(use.lease);
  return lease !== undefined && use.at < beliefEnd(lease, faults);
}

/** What held a late write up: it touches the time between the last sign of its worker in time and the write. */
export function excuseOf({ leases, faults }: LockHistory, late: Timed, uses: readonly Timed[]): Excuse | undefined {
  const lease = leases.get(late.lease);
  if (lease === undefined) return undefined;
  const end = Math.min(beliefEnd(lease, faults), lease.deadline, late.at);
  const lastSign = uses.reduce((latest, { at }) => (at < end ? Math.max(latest, at) : latest), lease.returned);
  return faults.excuse(lease.process, Math.min(lastSign, late.at), late.at, true);
}

export function lateInWords(
  { info, leases, faults }: LockHistory,
  late: Timed,
  { cause, from, to }: Excuse,
  name: string,
): string {
  const lease = leases.get(late.lease);
  const end = lease === undefined ? -Infinity : beliefEnd(lease, faults);
  const ended = end === -Infinity ? 'was never in force' : `ended at ${moment(info, end)}`;
  const what = {
    pause: 'its worker was paused',
    'resource-delay': 'its request was delayed',
    stall: 'its worker stalled',
  };
  return `${name} came after its lease, which ${ended}, for ${what[cause]} from ${moment(info, from)} to ${moment(info, to)}`;
}
