/** The invariant of an application: judged by its scenario, and charged to whoever broke it. */
import { clientOf } from '../history/header.ts';
import { beliefOf } from './belief.ts';
import type { CarriedOut, InvariantFinding, JudgeOperations, RecordedOperation } from './carried-out.ts';
import { excuseOf, inconclusive, isInTime, isOverstay, lateInWords, overstayInWords, type Timed } from './charge.ts';
import { eventsAt, Findings } from './findings.ts';
import type { Hold } from './holds.ts';
import { mayOverlap, type Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { keyName, nameOf } from './tell.ts';
import type { Finding, Verdict } from './verdict.ts';

type Charge = Pick<Finding, 'kind' | 'cause'> & { readonly why: () => string; readonly refs: readonly number[] };
type UnderLease = RecordedOperation & Timed;

/**
 * A broken invariant is charged to the **lock** only if two different leases of one key, under each of which one of the
 * named operations was carried out in time, were believed in at once. It is an **overrun** if one of them came after its
 * lease, for a cause that the history shows. It is the **application's** if the operation was asked for although the lock
 * had told of the loss; and if everything that was done until then, named or not, was in time and no two leases
 * overlapped: the application had the resource for itself each time, and broke the invariant all the same. Anything
 * else is inconclusive.
 *
 * Behind the fenced door an operation may have been refused between two others, so what is judged there is the door: no
 * operation may be accepted after one with a higher token of the same lock.
 *
 * @param judge of the scenario. What is given: what the plain door carried out.
 */
export function checkInvariant(history: LockHistory, judge: JudgeOperations): Verdict {
  const findings = new Findings();
  const inOrder = history.operations.toSorted((a, b) => a.at - b.at);
  const done = inOrder.filter(({ door, accepted }) => door === 'plain' && accepted);
  const court = new Court(history, done);
  const counts = {
    ...{ carriedOut: done.length, underLease: done.filter(isUnderLease).length },
    ...{ overruns: 0, inconclusive: 0, application: 0 },
    refusedStale: inOrder.filter(({ accepted }) => !accepted).length,
  };
  for (const found of judge(done.map((one, place) => carriedOut(history, one, place)))) {
    const named = found.operations.flatMap(({ place }) => done[place] ?? []).toSorted((a, b) => a.at - b.at);
    const last = named.at(-1);
    if (last === undefined) continue;
    const charge = court.chargeOf(named, last.at);
    if (charge.kind === 'overrun') counts.overruns += 1;
    if (charge.kind === 'inconclusive') counts.inconclusive += 1;
    if (charge.kind === 'application') counts.application += 1;
    findings.add(findingOf(history, found, named, last, charge));
  }
  for (const stale of acceptedStale(history, inOrder)) findings.add(stale);
  return findings.verdict('invariant', done.length, counts);
}

/** As a judge sees it. */
function carriedOut({ info, leases }: LockHistory, one: RecordedOperation, place: number): CarriedOut {
  const { operation, values, key: resource, lease, client, at } = one;
  const process = lease === undefined ? undefined : leases.get(lease)?.process;
  const asked = client ?? (process === undefined ? -1 : clientOf(info.header, process));
  const under = lease === undefined ? {} : { lease };
  return { operation, values, resource, ...under, client: asked, atMs: at / 1e6, place };
}

type Told = Parameters<Findings['add']>[0];

function findingOf(
  history: LockHistory,
  { invariant, summary }: InvariantFinding,
  named: readonly RecordedOperation[],
  last: RecordedOperation,
  { kind, cause, why, refs }: Charge,
): Told {
  const leases = [...new Set(named.flatMap(({ lease }) => lease ?? []))];
  return {
    ...{ kind, property: 'invariant', key: last.key, at: last.at, leases, ...(cause && { cause }), invariant },
    tell: () => ({
      summary: `${summary}: ${why()}`,
      witness: eventsAt(history.info, [
        ...leases.flatMap((id) => grantRefs(history.leases.get(id))),
        ...named.map(({ ref }) => ref),
        ...refs,
      ]),
    }),
  };
}

function grantRefs(lease: Lease | undefined): number[] {
  if (lease === undefined) return [];
  return [lease.answerRef, lease.renewal?.ref ?? -1, lease.lost?.ref ?? -1, lease.release?.ref ?? -1];
}

const isUnderLease = (one: RecordedOperation): one is UnderLease => one.lease !== undefined;

/** Decides who is charged. */
class Court {
  readonly #history: LockHistory;
  readonly #operations: readonly UnderLease[];
  readonly #ofLease: ReadonlyMap<string, readonly UnderLease[]>;
  /** Until when everything was in time and apart. */
  #orderly: number | undefined;

  constructor(history: LockHistory, done: readonly RecordedOperation[]) {
    this.#history = history;
    this.#operations = done.filter(isUnderLease);
    this.#ofLease = Map.groupBy(this.#operations, ({ lease }) => lease);
  }

  chargeOf(named: readonly RecordedOperation[], at: number): Charge {
    const history = this.#history;
    const underLease = named.filter(isUnderLease);
    const overlap = this.#overlapOf(underLease);
    if (overlap !== undefined) return overlap;
    const told = underLease.find(({ lost }) => lost);
    if (told !== undefined) {
      const why = (): string =>
        `its client asked for ${nameOfUse(told)} although the lock had told it that its lease was lost; the lock kept its word and the application did not heed it`;
      return { kind: 'application', why, refs: [] };
    }
    const late = underLease.filter((one) => !isInTime(history, one));
    for (const one of late) {
      const excuse = excuseOf(history, one, this.#ofLease.get(one.lease) ?? []);
      if (excuse === undefined) continue;
      const why = (): string => lateInWords(history, one, excuse, nameOfUse(one));
      return { kind: 'overrun', cause: excuse.cause, why, refs: excuse.refs };
    }
    const overstayed = late.find((one) => isOverstay(history, one));
    if (overstayed !== undefined) {
      const why = (): string => overstayInWords(history, overstayed, nameOfUse(overstayed));
      return { kind: 'overrun', cause: 'overstay', why, refs: [] };
    }
    if (late.length > 0) return inconclusive('an operation came after its lease, and nothing shows why');
    this.#orderly ??= this.#untilDisorder();
    if (at >= this.#orderly) {
      return inconclusive(
        'before it, other operations came late or leases overlapped, and they may have brought it about',
      );
    }
    const why = (): string =>
      'every operation until then was within its lease, and no two leases overlapped; the lock kept its word, and the application broke its own invariant';
    return { kind: 'application', why, refs: [] };
  }

  /** Two leases of one key with named operations in time that were believed in at once. */
  #overlapOf(named: readonly UnderLease[]): Charge | undefined {
    const history = this.#history;
    const inTime = named.filter((one) => isInTime(history, one));
    const holds = this.#beliefsOf(inTime);
    for (const [index, one] of holds.entries()) {
      for (const other of holds.slice(index + 1)) {
        if (one.lease.key !== other.lease.key || mayOverlap(one.lease, other.lease)) continue;
        if (Math.max(one.start, other.start) >= Math.min(one.end, other.end)) continue;
        const names = `${nameOf(history, one.lease)} and ${nameOf(history, other.lease)}`;
        const why = (): string => `${names} both believed that they held ${keyName(one.lease.key)}`;
        return { kind: 'violation', why, refs: [] };
      }
    }
    return undefined;
  }

  #beliefsOf(operations: readonly UnderLease[]): Hold[] {
    const { leases, faults } = this.#history;
    return [...new Set(operations.map(({ lease }) => lease))].flatMap((id) => {
      const lease = leases.get(id);
      const belief = lease && beliefOf(lease, faults);
      return lease !== undefined && belief?.kind === 'held' ? [{ lease, start: belief.start, end: belief.end }] : [];
    });
  }

  /** The first moment at which an operation came late, or a lease was believed in beside another. */
  #untilDisorder(): number {
    // What was asked for after a word of the loss is no sign of disorder but of who is to blame for it.
    let until = this.#operations.find((one) => !one.lost && !isInTime(this.#history, one))?.at ?? Infinity;
    for (const holds of Map.groupBy(this.#beliefsOf(this.#operations), ({ lease }) => lease.key).values()) {
      let endsAt = -Infinity;
      for (const { start, end } of holds.toSorted((a, b) => a.start - b.start)) {
        if (endsAt > start) until = Math.min(until, start);
        endsAt = Math.max(endsAt, end);
      }
    }
    return until;
  }
}

const nameOfUse = ({ operation, key }: RecordedOperation): string => `"${operation}" of ${key}`;

/** What the fenced door let in after a higher token of the same lock. */
function acceptedStale(history: LockHistory, inOrder: readonly RecordedOperation[]): Told[] {
  const highest = new Map<string, UnderLease>();
  return inOrder.filter(isUnderLease).flatMap((one) => {
    const lease = history.leases.get(one.lease);
    if (one.door !== 'fenced' || !one.accepted || one.fence === undefined || lease === undefined) return [];
    const place = JSON.stringify([one.key, lease.key]);
    const before = highest.get(place);
    if (lease.shared) return [];
    if (before?.fence === undefined || one.fence >= before.fence) {
      highest.set(place, one);
      return [];
    }
    const named = [before, one];
    const finding = {
      invariant: 'no operation is accepted after one with a higher token',
      summary: `the fenced door accepted ${nameOfUse(one)} with token ${one.fence} after ${before.fence}`,
      operations: [],
    };
    const charge: Charge = { kind: 'violation', why: () => 'the fencing tokens did not prevent it', refs: [] };
    return [{ ...findingOf(history, finding, named, one, charge), property: 'fencing' as const }];
  });
}
