import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { certainEnd, gaveUpAt } from './reach.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/** An attempt of an owner that held the lock when it asked. */
export interface Reentry {
  readonly lease: Lease;
  /** The one of the owner's leases that certainly lasts longest. */
  readonly outer: Lease;
  /** Until when it does. */
  readonly outerEnd: number;
}

/**
 * Verdict 8: is an owner that holds the lock granted it again at once?
 *
 * While one of its leases was certainly in force, from the call on, an owner must not have waited for another for longer
 * than `allowanceNs` in the header. Attempts during which a fault or a stall touched the worker, its way to the servers
 * or the servers are not judged. That others are kept out until the last of its leases has ended is verdict 1: leases of
 * one owner may overlap each other, and nobody else's. O(n log n) time.
 */
export function checkReentrancy(history: LockHistory): Verdict {
  const { info, faults } = history;
  const { allowanceNs = Infinity } = info.header;
  const findings = new Findings();
  const counts = { reentries: 0, refused: 0 };
  for (const [key, leases] of history.byKey) {
    for (const { lease, outer, outerEnd } of reentriesOf(history, leases)) {
      const until = Math.min(outerEnd, lease.answered, gaveUpAt(history, lease));
      const inVain = until - lease.asked > allowanceNs;
      if (!inVain && lease.acquire !== 'ok') continue;
      if (faults.disturbed(lease.process, lease.called, until, allowanceNs)) continue;
      counts.reentries += 1;
      if (!inVain) continue;
      counts.refused += 1;
      findings.add({
        kind: 'violation',
        property: 'reentrancy',
        key,
        at: lease.called + allowanceNs,
        leases: [outer.id, lease.id],
        tell: () => ({
          summary: `${JSON.stringify(lease.owner)} held ${keyName(key)} by ${nameOf(history, outer)}, but its request ${lease.id} of ${moment(info, lease.called)} was not granted by ${moment(info, until)}`,
          witness: eventsAt(info, [outer.answerRef, lease.acquireRef, lease.answerRef, outer.release?.ref ?? -1]),
        }),
      });
    }
  }
  const verdict = findings.verdict('reentrancy', counts.reentries, counts);
  if (allowanceNs < Infinity) return verdict;
  return { ...verdict, valid: 'unknown', reason: 'the header does not say how soon "at once" is (allowanceNs)' };
}

/** The re-entries among the leases of one key. */
export function reentriesOf({ faults }: LockHistory, leases: readonly Lease[]): Reentry[] {
  const owned = leases.filter(({ owner }) => owner !== undefined);
  return [...Map.groupBy(owned, ({ owner }) => owner).values()].flatMap((ofOwner) => {
    const grants = ofOwner.filter(({ acquire }) => acquire === 'ok').toSorted((a, b) => a.returned - b.returned);
    const reentries: Reentry[] = [];
    let longest: { readonly outer: Lease; readonly outerEnd: number } | undefined;
    let next = 0;
    for (const lease of ofOwner.toSorted((a, b) => a.called - b.called)) {
      for (let outer = grants[next]; outer !== undefined && outer.returned < lease.called; outer = grants[next]) {
        const outerEnd = certainEnd(faults, outer);
        if (longest === undefined || outerEnd > longest.outerEnd) longest = { outer, outerEnd };
        next += 1;
      }
      if (longest !== undefined && longest.outerEnd > lease.called) reentries.push({ lease, ...longest });
    }
    return reentries;
  });
}
