import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { gaveUpAt } from './reach.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/**
 * Verdict 11: does an acquire settle when its client is ready to wait no longer, and not before?
 *
 * - Late: it was not answered within what its client was ready to wait (`waitMs` of its call) and `settleNs` in the header,
 *   room for the last command. Time in which its worker was stopped, or stalled, does not count.
 * - Early: it was answered by a timeout while at least `handoverNs` of that time was left, where nothing was disturbed from
 *   the call to the answer, nor shortly before (`recoverNs` in the header). A lock that asks now and then may give up when
 *   its next question would come too late. Without `handoverNs` this is not judged.
 *
 * Acquires that say no `waitMs` are not judged, and one whose worker was killed only until then. O(n log n) time.
 */
export function checkResponsiveness(history: LockHistory): Verdict {
  const { settleNs } = history.info.header;
  const findings = new Findings();
  const counts = { judged: 0, late: 0, early: 0 };
  if (settleNs === undefined) {
    const verdict = findings.verdict('responsiveness', 0, counts);
    return { ...verdict, reason: 'the header states no bound (settleNs)' };
  }
  for (const lease of history.leases.values()) {
    const { waitNs } = lease;
    if (waitNs === undefined) continue;
    counts.judged += 1;
    const late = isLate(history, lease, waitNs + settleNs);
    if (!late && !isEarly(history, lease, waitNs)) continue;
    counts[late ? 'late' : 'early'] += 1;
    const at = late ? lease.asked + waitNs + settleNs : lease.answered;
    findings.add({
      kind: 'violation',
      property: 'responsiveness',
      key: lease.key,
      at,
      leases: [lease.id],
      tell: () => ({
        summary: `${inWords(history, lease)}, though it was to wait ${(waitNs / 1e6).toFixed(0)} ms`,
        witness: eventsAt(history.info, [lease.acquireRef, lease.answerRef]),
      }),
    });
  }
  return findings.verdict('responsiveness', counts.judged, counts);
}

function isLate(history: LockHistory, lease: Lease, bound: number): boolean {
  const until = Math.min(lease.answered, gaveUpAt(history, lease));
  if (until - lease.asked <= bound) return false;
  return until - lease.asked - history.faults.stoodStill(lease.process, lease.asked, until) > bound;
}

function isEarly({ info, faults }: LockHistory, { asked, answered, timedOut }: Lease, waitNs: number): boolean {
  const { handoverNs = Infinity, recoverNs = Infinity } = info.header;
  return timedOut && answered - asked < waitNs - handoverNs && faults.quiet(asked, answered, recoverNs);
}

function inWords(history: LockHistory, lease: Lease): string {
  const { info } = history;
  const asked = `${nameOf(history, lease)} asked for ${keyName(lease.key)} at ${moment(info, lease.asked)}`;
  if (lease.answerRef < 0) return `${asked} and was not answered by ${moment(info, gaveUpAt(history, lease))}`;
  const answer =
    lease.acquire === 'ok' ? 'was granted it' : lease.timedOut ? 'was told of a timeout' : 'was refused it';
  return `${asked} and ${answer} at ${moment(info, lease.answered)}`;
}
