import { eventsAt, Findings, moment } from './findings.ts';
import type { LockHistory, Notice } from './lock-history.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/**
 * Verdict 5: when the worker's own timer fired, some grace after the deadline, had the lease's signal aborted? Both
 * timers run in one event loop, so that stalls and pauses cancel out. A timer is not judged when the release had been
 * called by then, or when the lease had been renewed beyond what the timer was set for. O(n).
 */
export function checkNotice(history: LockHistory): Verdict {
  const findings = new Findings();
  const counts = { judged: 0, unnoticed: 0, superseded: 0 };
  for (const notice of history.notices) {
    if (superseded(history, notice)) {
      counts.superseded += 1;
      continue;
    }
    counts.judged += 1;
    if (notice.aborted) continue;
    counts.unnoticed += 1;
    const { key, at, lease } = notice;
    findings.add({
      kind: 'violation',
      property: 'loss-notice',
      key,
      at,
      leases: [lease],
      tell: () => unnoticed(history, notice),
    });
  }
  return findings.verdict('notice', counts.judged, counts);
}

function superseded({ leases }: LockHistory, notice: Notice): boolean {
  const lease = leases.get(notice.lease);
  if (lease === undefined) return false;
  const renewedInTime = lease.renewal !== undefined && lease.renewal.at <= notice.at && lease.deadline > notice.due;
  return lease.letGo <= notice.at || renewedInTime;
}

function unnoticed(
  history: LockHistory,
  { lease: id, key, at, due, ref }: Notice,
): { summary: string; witness: ReturnType<typeof eventsAt> } {
  const { info, leases } = history;
  const lease = leases.get(id);
  const name = lease === undefined ? id : nameOf(history, lease);
  const refs = lease === undefined ? [] : [lease.acquireRef, lease.answerRef, lease.renewal?.ref ?? -1];
  return {
    summary: `at ${moment(info, at)} ${name} had not been told of the loss of ${keyName(key)}, due at ${moment(info, due)}`,
    witness: eventsAt(info, [...refs, ref]),
  };
}
