import { eventsAt, Findings, moment } from './findings.ts';
import { fencesInRealTime, fencesInServiceOrder, type FenceFault } from './fences.ts';
import { Holds, type Hold } from './holds.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { serviceOf, settledAt, type Moment } from './service.ts';
import { endInWords, keyName, nameOf, serviceRefs } from './tell.ts';
import type { Finding, Verdict } from './verdict.ts';

/**
 * Verdict 1: did the service answer like a mutex, and do its fencing tokens rise in the order in which it granted?
 *
 * Exact for owner-aware histories (every attempt has its own lease id). Each lease must have been held at least from the
 * return of its acquire to its least end; a grant that arrived dead needs only one instant between the call and the
 * return of its acquire. The history is linearizable iff the proven holds of each key are disjoint and each such instant
 * has room outside them. Where they are not, there is no order of grants, and tokens are compared along real time only.
 *
 * O(n log n) time, O(n) space.
 */
export function checkLock(history: LockHistory): Verdict {
  const findings = new Findings();
  const counts = { leases: 0, overlaps: 0, deadOnArrival: 0, tokens: 0, tokensOutOfOrder: 0, tokensShared: 0 };
  let operations = 0;
  for (const [key, leases] of history.byKey) {
    const service = serviceOf(leases, history.faults);
    const holds = new Holds(service.holds);
    operations += service.operations;
    counts.leases += service.holds.length + service.moments.length;
    counts.deadOnArrival += service.moments.length;
    for (const { fence } of leases) if (fence !== undefined) counts.tokens += 1;
    const overlapsBefore = counts.overlaps;
    holds.overlaps((earlier, later) => {
      counts.overlaps += 1;
      findings.add(overlap(history, key, earlier, later));
    });
    for (const window of service.moments) {
      const free = holds.firstFree(window.lease, window.from);
      if (free.at <= window.to) continue;
      counts.overlaps += 1;
      findings.add(noRoom(history, key, window, window.from > window.to ? undefined : free.behind));
    }
    for (const lease of service.releasedUngranted) {
      counts.overlaps += 1;
      findings.add(releasedUngranted(history, key, lease));
    }
    const onFault = (fault: FenceFault): void => {
      counts[fault.kind === 'order' ? 'tokensOutOfOrder' : 'tokensShared'] += 1;
      findings.add(fenceFinding(history, key, fault));
    };
    if (counts.overlaps === overlapsBefore) fencesInServiceOrder(service, holds, onFault);
    else fencesInRealTime(leases, onFault);
  }
  return findings.verdict('lock', operations, counts);
}

type Told = Parameters<Findings['add']>[0];

function violation(
  history: LockHistory,
  about: Pick<Finding, 'property' | 'key' | 'at'>,
  leases: readonly Lease[],
  summary: () => string,
): Told {
  return {
    kind: 'violation',
    ...about,
    leases: leases.map(({ id }) => id),
    tell: () => ({
      summary: summary(),
      witness: eventsAt(
        history.info,
        leases.flatMap((lease) => serviceRefs(lease, history.faults)),
      ),
    }),
  };
}

function overlap(history: LockHistory, key: string, earlier: Hold, later: Hold): Told {
  const { info } = history;
  // Both must have been held then; of two that began together neither is the earlier.
  const at = Math.max(settledAt(earlier.lease, later.start), settledAt(later.lease, later.start));
  return violation(history, { property: 'exclusion', key, at }, [earlier.lease, later.lease], () => {
    const end = endInWords(info, earlier.lease, earlier.end);
    const held = `${nameOf(history, earlier.lease)}, granted at ${moment(info, earlier.start)}, still held it (${end})`;
    return `${keyName(key)} was granted to ${nameOf(history, later.lease)} at ${moment(info, later.start)} while ${held}`;
  });
}

function noRoom(history: LockHistory, key: string, { lease, from, to }: Moment, behind: Hold | undefined): Told {
  const { info } = history;
  const leases = behind === undefined ? [lease] : [behind.lease, lease];
  const granted = Math.max(from, to);
  const at = behind === undefined ? granted : settledAt(behind.lease, granted);
  return violation(history, { property: 'exclusion', key, at }, leases, () => {
    const name = nameOf(history, lease);
    if (behind === undefined)
      return `the release of ${name} was answered "released" before ${keyName(key)} was asked for`;
    const held = `${nameOf(history, behind.lease)} held it from ${moment(info, behind.start)} (${endInWords(info, behind.lease, behind.end)})`;
    return `${keyName(key)} was granted to ${name} between ${moment(info, from)} and ${moment(info, to)}, but ${held}`;
  });
}

function releasedUngranted(history: LockHistory, key: string, lease: Lease): Told {
  const at = lease.release?.returned ?? lease.returned;
  return violation(history, { property: 'exclusion', key, at }, [lease], () => {
    const when = moment(history.info, at);
    return `the release of ${nameOf(history, lease)} was answered "released" at ${when}, but it was never granted`;
  });
}

/** Of two tokens that do not rise. */
function fenceFinding(history: LockHistory, key: string, { kind, lower, higher, because }: FenceFault): Told {
  const { info } = history;
  const leases = because === undefined ? [lower, higher] : [lower, higher, because];
  const at = Math.max(lower.returned, higher.returned);
  return violation(history, { property: 'fencing', key, at }, leases, () => {
    const names = [lower, higher].map((lease) => `${nameOf(history, lease)} at ${moment(info, lease.returned)}`);
    if (kind === 'shared') return `${names.join(' and ')} were both granted ${keyName(key)} with token ${lower.fence}`;
    const tokens = `token ${lower.fence}, not above ${higher.fence} of ${names[1]}`;
    return `${keyName(key)} was granted to ${names[0]} with ${tokens}, which was granted before it`;
  });
}
