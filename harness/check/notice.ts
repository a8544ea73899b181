import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory, Notice } from './lock-history.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/** Timers of the lock, and of whoever looks at its clock, are as late as this without anything being wrong. */
const LATENESS_NS = 50e6;
/** What happens once may be the machine's doing. */
const OFTEN = 2;

/**
 * Verdict 5: when the worker's own timer fired, some grace after the deadline, had the lease's signal aborted? Both
 * timers run in one event loop, so that stalls and pauses cancel out. A timer is not judged when the release had been
 * called by then, or when the lease had been renewed beyond what the timer was set for.
 *
 * A grant whose deadline had passed when the lock answered is a loss told too late, beyond what timers are late by, and
 * unless its worker stood still meanwhile. Where nothing was disturbed it is a violation when it happens twice, and
 * inconclusive when it happens once. O(n log n).
 */
export function checkNotice(history: LockHistory): Verdict {
  const findings = new Findings();
  const counts = { judged: 0, unnoticed: 0, superseded: 0, deadGrants: 0 };
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
  const dead = [...history.leases.values()].filter((lease) => isDead(history, lease));
  counts.deadGrants = dead.length;
  const { recoverNs = Infinity } = history.info.header;
  const undisturbed = dead.filter(({ called, answered }) => history.faults.quiet(called, answered, recoverNs));
  for (const lease of undisturbed) findings.add(grantedDead(history, lease, undisturbed.length));
  return findings.verdict('notice', counts.judged, counts);
}

/** The lock granted it when its deadline had passed, and its worker had not stood still. */
function isDead({ faults }: LockHistory, lease: Lease): boolean {
  const { latestStatedDeadline: deadline, answered } = lease;
  if (lease.acquire !== 'ok' || answered - deadline <= LATENESS_NS) return false;
  return faults.excuse(lease.process, deadline, answered, false) === undefined;
}

function grantedDead(history: LockHistory, lease: Lease, times: number): Parameters<Findings['add']>[0] {
  const { info } = history;
  const { key, answered: at, latestStatedDeadline } = lease;
  return {
    kind: times < OFTEN ? 'inconclusive' : 'violation',
    property: 'loss-notice',
    key,
    at,
    leases: [lease.id],
    tell: () => ({
      summary: `${nameOf(history, lease)} was granted ${keyName(key)} at ${moment(info, at)}, after its deadline at ${moment(info, latestStatedDeadline)}${times < OFTEN ? '' : `, as ${times - 1} more were`}`,
      witness: eventsAt(info, [lease.acquireRef, lease.answerRef]),
    }),
  };
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
