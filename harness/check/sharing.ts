import { below, bypassers, countBypasses } from './bypass.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import type { Hold } from './holds.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { gaveUpAt, latestEnd, leaseLength } from './reach.ts';
import { reentriesOf } from './reentrancy.ts';
import { Rivals } from './rivals.ts';
import { serviceOf } from './service.ts';
import { Stretches } from './stretches.ts';
import { endInWords, keyName, nameOf, serviceRefs } from './tell.ts';
import type { Verdict } from './verdict.ts';

/**
 * Verdict 9: do shared leases share, and with nobody else?
 *
 * - A shared and an exclusive lease were proven to be held at once (as in verdict 1).
 * - While no exclusive lease was asked for or could be in force, a shared one was not granted for longer than
 *   `allowanceNs` in the header; without it, this is not judged.
 * - A shared lease was granted to one who asked more than `allowanceNs` after somebody who waited for an exclusive one,
 *   and after the last exclusive lease had ended, and that more often than `bypass` in the header says; without both, this
 *   is not judged.
 *
 * Waits that a fault or a stall touched are not judged. Neither are the leases of one owner against each other. O(n log n)
 * time.
 */
export function checkSharing(history: LockHistory): Verdict {
  const findings = new Findings();
  const counts = { shared: 0, mixed: 0, keptApart: 0, starved: 0 };
  for (const [key, leases] of history.byKey) {
    if (!leases.some(({ shared }) => shared)) continue;
    const about = { history, key, findings };
    counts.mixed += checkMixed(about, leases);
    const exclusive = leases.filter(({ shared }) => !shared);
    const wanted = new Stretches(exclusive.map((lease) => ({ from: lease.called, to: lastTrace(history, lease) })));
    const kept = checkKeptApart(about, leases, wanted);
    counts.shared += kept.judged;
    counts.keptApart += kept.found;
    counts.starved += checkStarved(about, leases, exclusive);
  }
  return findings.verdict('sharing', counts.shared, counts);
}

interface About {
  readonly history: LockHistory;
  readonly key: string;
  readonly findings: Findings;
}

/** Until when an exclusive attempt may be in anybody's way. */
function lastTrace(history: LockHistory, lease: Lease): number {
  if (lease.acquire === 'ok') return latestEnd(history.faults, lease);
  // It may have been granted without anybody knowing, and a waiter that is gone may be waited for.
  return gaveUpAt(history, lease) + leaseLength(lease);
}

function checkMixed({ history, key, findings }: About, leases: readonly Lease[]): number {
  const holds = serviceOf(leases, history.faults).holds.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const longer = (a: Hold, b: Hold): boolean => a.end > b.end;
  const [readers, writers] = [new Rivals<Hold>(longer), new Rivals<Hold>(longer)];
  let found = 0;
  for (const later of holds) {
    const earlier = (later.lease.shared ? writers : readers).of(later.lease);
    (later.lease.shared ? readers : writers).offer(later);
    if (earlier === undefined || earlier.end <= later.start) continue;
    found += 1;
    findings.add({
      kind: 'violation',
      property: 'sharing',
      key,
      at: later.start,
      leases: [earlier.lease.id, later.lease.id],
      tell: () => {
        const { info } = history;
        const [was, held] = later.lease.shared ? ['shared', 'exclusively'] : ['exclusively', 'shared'];
        const end = endInWords(info, earlier.lease, earlier.end);
        return {
          summary: `${keyName(key)} was granted ${was} to ${nameOf(history, later.lease)} at ${moment(info, later.start)} while ${nameOf(history, earlier.lease)} held it ${held} (${end})`,
          witness: eventsAt(
            info,
            [earlier, later].flatMap(({ lease }) => serviceRefs(lease, history.faults)),
          ),
        };
      },
    });
  }
  return found;
}

function checkKeptApart(
  { history, key, findings }: About,
  leases: readonly Lease[],
  wanted: Stretches,
): { readonly judged: number; readonly found: number } {
  const { info, faults } = history;
  const { allowanceNs = Infinity } = info.header;
  let judged = 0;
  let found = 0;
  for (const lease of leases) {
    if (!lease.shared || wanted.covers(lease.called)) continue;
    const until = Math.min(lease.answered, gaveUpAt(history, lease), wanted.nextAfter(lease.called));
    const inVain = until - lease.asked > allowanceNs;
    if (!inVain && lease.acquire !== 'ok') continue;
    if (faults.disturbed(lease.process, lease.called, until, allowanceNs)) continue;
    judged += 1;
    if (!inVain) continue;
    found += 1;
    findings.add({
      kind: 'violation',
      property: 'sharing',
      key,
      at: lease.called + allowanceNs,
      leases: [lease.id],
      tell: () => ({
        summary: `${nameOf(history, lease)} asked to share ${keyName(key)} at ${moment(info, lease.called)} and was not let in by ${moment(info, until)}, although nobody wanted it for himself`,
        witness: eventsAt(info, [lease.acquireRef, lease.answerRef]),
      }),
    });
  }
  return { judged, found };
}

function checkStarved(
  { history, key, findings }: About,
  leases: readonly Lease[],
  exclusive: readonly Lease[],
): number {
  const { info, faults } = history;
  const { allowanceNs, bypass } = info.header;
  if (bypass === undefined || allowanceNs === undefined) return 0;
  const granted = exclusive.filter(({ acquire }) => acquire === 'ok');
  const maybe = exclusive.filter(({ acquire }) => acquire === 'info');
  const inForce = new Stretches([
    ...granted.map((lease) => ({ from: lease.returned, to: latestEnd(faults, lease) + allowanceNs })),
    ...maybe.map((lease) => ({ from: lease.called, to: lastTrace(history, lease) + allowanceNs })),
  ]);
  const inTurn = new Set(reentriesOf(history, leases).map(({ lease }) => lease));
  const rivals = leases
    .filter((lease) => lease.shared && lease.acquire === 'ok' && !inTurn.has(lease))
    .filter((lease) => !inForce.touches(lease.called, lease.returned))
    .toSorted((a, b) => a.called - b.called);
  const calls = rivals.map(({ called }) => called);
  const waiters = exclusive.filter(
    ({ acquire, called, returned, asked, answered, process }) =>
      acquire !== 'info' &&
      below(calls, answered) > below(calls, asked + allowanceNs) &&
      !faults.disturbed(process, called, returned, allowanceNs),
  );
  let found = 0;
  for (const [waiter, bypasses] of countBypasses(waiters, rivals, allowanceNs)) {
    if (bypasses <= bypass) continue;
    found += 1;
    const before = bypassers(waiter, rivals, allowanceNs, bypass + 1);
    findings.add({
      kind: 'violation',
      property: 'sharing',
      key,
      at: before.reduce((latest, { returned }) => Math.max(latest, returned), waiter.called),
      leases: [waiter, ...before].map(({ id }) => id),
      tell: () => ({
        summary: `${nameOf(history, waiter)} waited for ${keyName(key)} exclusively from ${moment(info, waiter.called)} on, while ${bypasses === 1 ? 'another' : `${bypasses} others`} who asked later got to share it, first ${before.map((lease) => `${nameOf(history, lease)} at ${moment(info, lease.returned)}`).join(' and ')}`,
        witness: eventsAt(
          info,
          [waiter, ...before].flatMap((lease) => [lease.acquireRef, lease.answerRef]),
        ),
      }),
    });
  }
  return found;
}
