import type { WorkerFaults } from './faults.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import { Holds, type Hold } from './holds.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { keyName, nameOf, serviceRefs } from './tell.ts';
import type { Verdict } from './verdict.ts';

/** How long the user of a lease believed to hold it. */
export type Belief =
  | { readonly kind: 'held'; readonly start: number; readonly end: number }
  /** Over before it began, or never granted. */
  | { readonly kind: 'none' }
  /** The lock answered in time by its own stamp, and the news came after the deadline: its user never acted on it. */
  | { readonly kind: 'late-news' }
  /** Granted after its own deadline, but the worker stood still meanwhile: the lock may have answered in time. */
  | { readonly kind: 'excused' };

/**
 * From the return of the acquire until the first of: the call of release, the loss that the worker observed, its kill,
 * the deadline. The deadline is raised to the last moment at which the lock itself still said "held". A grant that the lock
 * answered after its own deadline is believed for the instant of that answer, for its user did get it.
 */
export function beliefOf(lease: Lease, faults: WorkerFaults): Belief {
  if (lease.acquire !== 'ok') return { kind: 'none' };
  const start = lease.returned;
  const told = Math.min(lease.letGo, lease.lost?.at ?? Infinity, faults.killOf(lease.process)?.at ?? Infinity);
  const deadline = Math.max(lease.latestDeadline, lease.saidHeld?.at ?? -Infinity);
  const end = Math.min(told, deadline);
  if (end > start) return { kind: 'held', start, end };
  if (told < start || deadline >= start) return { kind: 'none' };
  const { answered } = lease;
  if (answered <= deadline) return { kind: 'late-news' };
  if (faults.excuse(lease.process, deadline, answered, false) !== undefined) return { kind: 'excused' };
  return { kind: 'held', start: answered, end: answered };
}

/** When the belief in a lease ended; -Infinity where there was none. */
export function beliefEnd(lease: Lease, faults: WorkerFaults): number {
  const belief = beliefOf(lease, faults);
  return belief.kind === 'held' ? belief.end : -Infinity;
}

/**
 * Verdict 2: did two clients believe at once that they held the lock? Touching is no conflict, and of two things at the
 * same moment nobody can say which was first. O(n log n) time, O(n) space.
 */
export function checkBelief(history: LockHistory): Verdict {
  const findings = new Findings();
  const counts = { beliefs: 0, conflicts: 0, grantedDead: 0, excused: 0, lateNews: 0 };
  for (const [key, leases] of history.byKey) {
    const beliefs: Hold[] = [];
    for (const lease of leases) {
      const belief = beliefOf(lease, history.faults);
      if (belief.kind === 'held') beliefs.push({ lease, start: belief.start, end: belief.end });
      if (belief.kind === 'excused') counts.excused += 1;
      if (belief.kind === 'late-news') counts.lateNews += 1;
      if (lease.acquire === 'ok' && lease.latestDeadline < lease.answered) counts.grantedDead += 1;
    }
    counts.beliefs += beliefs.length;
    new Holds(beliefs).overlaps((earlier, later) => {
      counts.conflicts += 1;
      findings.add({
        kind: 'violation',
        property: 'exclusion',
        key,
        // Of two that began together neither is the earlier.
        at: Math.max(settledAt(earlier.lease, later.start), settledAt(later.lease, later.start)),
        leases: [earlier.lease.id, later.lease.id],
        tell: () => ({
          summary: conflictInWords(history, key, earlier, later),
          witness: eventsAt(
            history.info,
            [earlier, later].flatMap(({ lease }) => beliefRefs(lease, history.faults)),
          ),
        }),
      });
    });
  }
  return findings.verdict('belief', counts.beliefs + counts.excused + counts.lateNews, counts);
}

/** When it was settled that a lease was believed in at `at`: right then, or when the lock said so past the deadline. */
function settledAt({ latestDeadline: deadline, saidHeld }: Lease, at: number): number {
  return deadline > at ? at : Math.max(at, saidHeld?.at ?? at);
}

function beliefRefs(lease: Lease, faults: WorkerFaults): number[] {
  return [...serviceRefs(lease, faults), lease.saidHeld?.ref ?? -1, faults.killOf(lease.process)?.ref ?? -1];
}

function conflictInWords(history: LockHistory, key: string, earlier: Hold, later: Hold): string {
  const { info } = history;
  const names = `${nameOf(history, earlier.lease)} and ${nameOf(history, later.lease)}`;
  const from = moment(info, later.start);
  const to = Math.min(earlier.end, later.end);
  const when = to === later.start ? `at ${from}` : `from ${from} to ${moment(info, to)}`;
  const { saidHeld } = earlier.lease;
  const said =
    saidHeld !== undefined && saidHeld.at > earlier.lease.latestDeadline
      ? `; at ${moment(info, saidHeld.at)} the lock still told the first one "held", past its deadline`
      : '';
  return `${names} both believed ${when} that they held ${keyName(key)}${said}`;
}
