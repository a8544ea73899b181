import { below, bypassers, countBypasses } from './bypass.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { reentriesOf } from './reentrancy.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/**
 * Verdict 7: was nobody granted before one who had asked earlier and still waited, more often than the lock states?
 *
 * One who asked later by more than the handover allowance (`allowanceNs` in the header) and was granted while the other
 * waited has bypassed it; `bypass` in the header says how often that may happen to one wait. Waits in which a fault or a
 * stall touched the waiter, its way to the servers or the servers are not judged, and neither are shared leases nor the
 * re-entries of an owner, whose turn it is. O(n log n) time.
 */
export function checkFairness(history: LockHistory): Verdict {
  const { bypass, allowanceNs = 0 } = history.info.header;
  const findings = new Findings();
  const counts = { waits: 0, bypassed: 0, mostBypasses: 0, longestWaitMs: 0 };
  for (const [key, all] of history.byKey) {
    const inTurn = new Set(reentriesOf(history, all).map(({ lease }) => lease));
    const leases = all.filter((lease) => !lease.shared && !inTurn.has(lease));
    const rivals = leases.filter(({ acquire }) => acquire === 'ok').toSorted((a, b) => a.called - b.called);
    const calls = leases.map(({ called }) => called).toSorted((a, b) => a - b);
    const waiters = leases.filter((lease) => couldBeBypassed(history, lease, calls, allowanceNs));
    counts.waits += waiters.length;
    for (const [waiter, bypasses] of countBypasses(waiters, rivals, allowanceNs)) {
      counts.mostBypasses = Math.max(counts.mostBypasses, bypasses);
      counts.longestWaitMs = Math.max(counts.longestWaitMs, (waiter.answered - waiter.asked) / 1e6);
      if (bypass === undefined || bypasses <= bypass) continue;
      counts.bypassed += 1;
      const before = bypassers(waiter, rivals, allowanceNs, bypass + 1);
      findings.add({
        kind: 'violation',
        property: 'fairness',
        key,
        at: before.reduce((latest, { returned }) => Math.max(latest, returned), waiter.called),
        leases: [waiter, ...before].map(({ id }) => id),
        tell: () => ({
          summary: bypassInWords(history, key, waiter, before, bypasses),
          witness: eventsAt(
            history.info,
            [waiter, ...before].flatMap(({ acquireRef, answerRef }) => [acquireRef, answerRef]),
          ),
        }),
      });
    }
  }
  const verdict = findings.verdict('fairness', counts.waits, counts);
  if (bypass !== undefined) return verdict;
  return { ...verdict, valid: 'unknown', reason: 'the header does not say how often a wait may be bypassed (bypass)' };
}

/** Somebody asked later, while it waited undisturbed for an answer that came. */
function couldBeBypassed({ faults }: LockHistory, lease: Lease, calls: readonly number[], allowance: number): boolean {
  const { acquire, called, returned, asked, answered, process } = lease;
  if (acquire === 'info' || answered - asked <= allowance) return false;
  const askedLater = below(calls, answered) - below(calls, asked + allowance);
  return askedLater > 0 && !faults.disturbed(process, called, returned, allowance);
}

function bypassInWords(
  history: LockHistory,
  key: string,
  waiter: Lease,
  before: readonly Lease[],
  bypasses: number,
): string {
  const { info } = history;
  const times = bypasses === 1 ? 'once' : `${bypasses} times`;
  const others = before.map((lease) => {
    const asked = moment(info, lease.called);
    return `${nameOf(history, lease)}, who asked at ${asked} and was granted it at ${moment(info, lease.returned)}`;
  });
  return `${nameOf(history, waiter)} waited for ${keyName(key)} from ${moment(info, waiter.called)} to ${moment(info, waiter.returned)} and was bypassed ${times}: by ${others.join('; ')}`;
}
