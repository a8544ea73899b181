import { below } from './bypass.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { gaveUpAt, latestEnd, leaseLength } from './reach.ts';
import { Stretches } from './stretches.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/** What two clocks may differ by within a lease; a deadline is not missed that is as near as that. */
const DRIFT = 0.01;

/**
 * Verdict 10: does a release end the lease, and is the lock then handed on?
 *
 * - The only release of a lease was answered `lost` before the deadline, although nothing had happened: no loss was told,
 *   no fault, stall or slow answer came between the call of the acquire and that answer, and nobody else may have had it.
 * - After a release answered `released` or `done`, when no lease can be in force, whoever has waited for longer than
 *   `handoverNs` in the header, with nobody granted meanwhile, was kept waiting.
 *
 * Both ask for a time without any fault, and some time after one (`recoverNs` in the header). O(n log n) time, and one step
 * more for each lease and each time that nobody held the lock for longer than the bound.
 */
export function checkHandover(history: LockHistory): Verdict {
  const { handoverNs } = history.info.header;
  const findings = new Findings();
  const counts = { releases: 0, freedNothing: 0, notHandedOn: 0 };
  for (const [key, leases] of history.byKey) {
    const about = { history, key, findings };
    for (const { release } of leases) if (release !== undefined && release.outcome !== 'unknown') counts.releases += 1;
    counts.freedNothing += checkLost(about, leases);
    if (handoverNs !== undefined) counts.notHandedOn += checkHandedOn(about, leases, handoverNs);
  }
  const verdict = findings.verdict('handover', counts.releases, counts);
  if (handoverNs !== undefined) return verdict;
  return { ...verdict, valid: 'unknown', reason: 'the header states no bound (handoverNs)' };
}

interface About {
  readonly history: LockHistory;
  readonly key: string;
  readonly findings: Findings;
}

/** How long a fault is felt when it is over. */
const marginOf = ({ info }: LockHistory): number => info.header.recoverNs ?? Infinity;

function checkLost({ history, key, findings }: About, leases: readonly Lease[]): number {
  const { info } = history;
  const doubtful = leases.filter((lease) => lease.releaseOutcome === 'lost' && isTooEarly(lease));
  if (doubtful.length === 0) return 0;
  const others = new Reaches(history, leases);
  let found = 0;
  for (const lease of doubtful) {
    const answered = lease.release?.returned ?? Infinity;
    if (!history.faults.quiet(lease.called, answered, marginOf(history))) continue;
    if (others.touching(lease.answered, answered) > 1) continue;
    found += 1;
    findings.add({
      kind: 'violation',
      property: 'deadlock-freedom',
      key,
      at: answered,
      leases: [lease.id],
      tell: () => ({
        summary: `the release of ${nameOf(history, lease)} was answered "lost" at ${moment(info, answered)}, though its lease of ${keyName(key)} was to last until ${moment(info, lease.deadline)}, and nothing had happened to it`,
        witness: eventsAt(info, [
          ...[lease.acquireRef, lease.answerRef, lease.renewal?.ref ?? -1],
          ...[lease.release?.ref ?? -1, lease.release?.answerRef ?? -1],
        ]),
      }),
    });
  }
  return found;
}

/** Answered before the deadline was near, and for the first time. */
function isTooEarly(lease: Lease): boolean {
  const { release, deadline, renewal } = lease;
  if (lease.acquire !== 'ok' || release === undefined || deadline === Infinity || lease.lost !== undefined)
    return false;
  if (lease.releases > 1 || release.called < lease.returned || (renewal !== undefined && renewal.at >= release.called))
    return false;
  return release.returned < deadline - (deadline - lease.called) * DRIFT;
}

/** From when until when each lease of a key may have been in force, and how many of them touch a stretch of time. */
class Reaches {
  readonly #starts: readonly number[];
  readonly #ends: readonly number[];

  constructor(history: LockHistory, leases: readonly Lease[]) {
    const reaches = leases
      .filter(({ acquire }) => acquire !== 'fail')
      .map((lease) =>
        lease.acquire === 'ok'
          ? { from: lease.answered, to: Math.max(lease.answered, saidToEnd(history, lease)) }
          : { from: lease.called, to: gaveUpAt(history, lease) + leaseLength(lease) },
      );
    this.#starts = reaches.map(({ from }) => from).toSorted((a, b) => a - b);
    this.#ends = reaches.map(({ to }) => to).toSorted((a, b) => a - b);
  }

  touching(from: number, to: number): number {
    return below(this.#starts, to + 1) - below(this.#ends, from);
  }
}

/** A release that was answered `released` had ended the lease before its answer came: somebody else may have it by then. */
function saidToEnd({ faults }: LockHistory, lease: Lease): number {
  return lease.release?.outcome === 'released' ? lease.release.called : latestEnd(faults, lease);
}

function checkHandedOn(about: About, leases: readonly Lease[], bound: number): number {
  const { history, key, findings } = about;
  const { info, faults } = history;
  const grants = leases
    .filter(({ acquire }) => acquire === 'ok')
    .map((lease) => ({ lease, from: lease.answered, to: Math.max(lease.answered, latestEnd(faults, lease)) }))
    .toSorted((a, b) => a.from - b.from);
  let doubts: Stretches | undefined;
  let found = 0;
  let last: (typeof grants)[number] | undefined;
  for (const [index, grant] of grants.entries()) {
    if (last === undefined || grant.to > last.to) last = grant;
    const next = grants[index + 1]?.from ?? Math.max(info.endsAt, last.to);
    if (next - last.to <= bound || !endsByRelease(last.lease)) continue;
    const { lease: holder, to: freedAt } = last;
    doubts ??= new Stretches(leases.flatMap((lease) => doubtOf(history, lease)));
    for (const waiter of leases) {
      if (isOfUnknownOutcome(waiter)) continue;
      const from = Math.max(waiter.asked, freedAt);
      const until = Math.min(next, waiter.answered, gaveUpAt(history, waiter));
      if (until - from <= bound || doubts.touches(freedAt, until)) continue;
      if (!faults.quiet(freedAt, until, marginOf(history))) continue;
      found += 1;
      findings.add({
        kind: 'violation',
        property: 'deadlock-freedom',
        key,
        at: from + bound,
        leases: [holder.id, waiter.id],
        tell: () => ({
          summary: `${nameOf(history, waiter)} waited ${((until - from) / 1e6).toFixed(1)} ms for ${keyName(key)} in vain after the release of ${nameOf(history, holder)} was answered "${holder.releaseOutcome}" at ${moment(info, freedAt)}`,
          witness: eventsAt(info, [
            ...[holder.answerRef, holder.release?.ref ?? -1, holder.release?.answerRef ?? -1],
            ...[waiter.acquireRef, waiter.answerRef],
          ]),
        }),
      });
      break;
    }
  }
  return found;
}

const endsByRelease = ({ releaseOutcome }: Lease): boolean =>
  releaseOutcome === 'released' || releaseOutcome === 'done';

/** When something of a lease may still be in somebody's way: it ended by itself, or its client gave up and is undone. */
function doubtOf(history: LockHistory, lease: Lease): { readonly from: number; readonly to: number }[] {
  if (lease.acquire === 'ok') {
    if (endsByRelease(lease)) return [];
    return [{ from: lease.answered + 1, to: latestEnd(history.faults, lease) + leaseLength(lease) }];
  }
  const gaveUp = gaveUpAt(history, lease);
  // Until it gives up it may be the one that is kept waiting.
  return [{ from: isOfUnknownOutcome(lease) ? lease.called : gaveUp + 1, to: gaveUp + leaseLength(lease) }];
}

/** It may have been granted, as early as it was asked for. One that is still open is kept waiting. */
const isOfUnknownOutcome = ({ acquire, answerRef }: Lease): boolean => acquire === 'info' && answerRef >= 0;
