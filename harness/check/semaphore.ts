import { HistoryError } from '../history/errors.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import { startedBefore, type Hold } from './holds.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { serviceOf } from './service.ts';
import { keyName, nameOf, serviceRefs } from './tell.ts';
import type { Verdict } from './verdict.ts';

/**
 * Did the service answer like a semaphore of `permits` (from the header) whose permits are owned? The same proven holds
 * as of a lock, of which no more than `permits` may overlap at once; a grant that arrived dead needs one instant with
 * a permit left. O(n log n).
 *
 * @throws HistoryError when the header states no permits.
 */
export function checkSemaphore(history: LockHistory): Verdict {
  const { permits } = history.info.header;
  if (permits === undefined)
    throw new HistoryError(1, 'permits', 'missing: the semaphore model needs it in the header');
  const findings = new Findings();
  const counts = { leases: 0, tooMany: 0, deadOnArrival: 0 };
  let operations = 0;
  for (const [key, leases] of history.byKey) {
    const service = serviceOf(leases, history.faults);
    operations += service.operations;
    const stretches = service.holds.filter(({ start, end }) => start < end);
    counts.leases += service.holds.length + service.moments.length;
    counts.deadOnArrival += service.moments.length;
    const tell = (lease: Lease, at: number, others: readonly Lease[]): void => {
      counts.tooMany += 1;
      const involved = [...others.slice(0, permits), lease];
      findings.add({
        kind: 'violation',
        property: 'exclusion',
        key,
        at,
        leases: involved.map(({ id }) => id),
        tell: () => ({
          summary: inWords(history, key, permits, lease, at, others),
          witness: eventsAt(
            history.info,
            involved.flatMap((one) => serviceRefs(one, history.faults)),
          ),
        }),
      });
    };
    const full = fullStretches(stretches, permits, (hold, others) => tell(hold.lease, hold.start, others));
    const instants = service.holds.filter(({ start, end }) => start === end);
    const windows = [...service.moments, ...instants.map(({ lease, start, end }) => ({ lease, from: start, to: end }))];
    for (const { lease, from, to } of windows) {
      const stretch = full[startedBefore(full, from) - 1];
      if (from > to || (stretch !== undefined && stretch.end > to))
        tell(lease, Math.max(from, to), stretch?.holders ?? []);
    }
    for (const lease of service.releasedUngranted) tell(lease, lease.release?.returned ?? lease.returned, []);
  }
  return findings.verdict('semaphore', operations, counts);
}

interface Full {
  readonly start: number;
  readonly end: number;
  readonly holders: readonly Lease[];
}

/** The stretches of time with no permit left at any moment inside; calls back for each hold that began in one. */
function fullStretches(
  holds: readonly Hold[],
  permits: number,
  tooMany: (hold: Hold, others: readonly Lease[]) => void,
): Full[] {
  const starts = holds.map((hold) => ({ at: hold.start, hold, begins: true }));
  const ends = holds.map((hold) => ({ at: hold.end, hold, begins: false }));
  const full: Full[] = [];
  const held = new Set<Lease>();
  let since: Pick<Full, 'start' | 'holders'> | undefined;
  // Ends come first: touching is allowed.
  for (const { at, hold, begins } of [...starts, ...ends].toSorted(
    (a, b) => a.at - b.at || Number(a.begins) - Number(b.begins),
  )) {
    if (begins) {
      if (held.size >= permits) tooMany(hold, [...held]);
      held.add(hold.lease);
      if (held.size >= permits) since ??= { start: at, holders: [...held].slice(0, permits) };
    } else {
      held.delete(hold.lease);
      if (held.size < permits && since !== undefined) {
        full.push({ ...since, end: at });
        since = undefined;
      }
    }
  }
  if (since !== undefined) full.push({ ...since, end: Infinity });
  return full;
}

function inWords(
  history: LockHistory,
  key: string,
  permits: number,
  lease: Lease,
  at: number,
  others: readonly Lease[],
): string {
  const who = `${nameOf(history, lease)} at ${moment(history.info, at)}`;
  if (others.length === 0) return `a permit of ${keyName(key)} was released that cannot have been granted to ${who}`;
  const holders = others
    .slice(0, permits)
    .map((other) => nameOf(history, other))
    .join(', ');
  return `a permit of ${keyName(key)} was granted to ${who} while all ${permits} were held (${holders})`;
}
