import type { FaultWindow } from './faults.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { latestEnd, longestLease } from './reach.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';

/** A moment at which something that matters begins or ends. */
interface Change {
  readonly at: number;
  readonly kind: 'fault' | 'hold' | 'wait' | 'grant';
  /** 1 begins, -1 ends; 0 for a grant. */
  readonly by: 1 | -1 | 0;
  readonly lease?: Lease;
  readonly refs: readonly number[];
}

/**
 * Verdict 6: while somebody waits, no fault is active and no lease can be in force, the lock is granted within the bound
 * of the header (`recoverNs`). Only time spent waiting counts, so clients that pause between attempts accuse nobody; it
 * begins anew with each grant, each fault healed and each lease ended. A lease of a killed worker ends by its deadline:
 * the bound is how much longer a crashed holder may block others. Per key. O(n log n).
 */
export function checkLiveness(history: LockHistory): Verdict {
  const bound = history.info.header.recoverNs;
  const findings = new Findings();
  const counts = { attempts: 0, grants: 0, stuck: 0, longestWaitMs: 0 };
  for (const [key, leases] of history.byKey) {
    counts.attempts += leases.length;
    counts.grants += leases.filter(({ acquire }) => acquire === 'ok').length;
    const waited = longestWaits(changesOf(history, leases));
    for (const { length, until, since, waiting } of waited) {
      counts.longestWaitMs = Math.max(counts.longestWaitMs, length / 1e6);
      if (bound === undefined || length <= bound) continue;
      counts.stuck += 1;
      findings.add({
        kind: 'violation',
        property: 'deadlock-freedom',
        key,
        at: until - (length - bound),
        leases: waiting.map(({ id }) => id),
        tell: () => ({
          summary: stuckInWords(history, key, waiting, since, length),
          witness: eventsAt(history.info, [
            ...since.refs,
            ...waiting.flatMap(({ acquireRef, answerRef }) => [acquireRef, answerRef]),
          ]),
        }),
      });
    }
  }
  const verdict = findings.verdict('liveness', counts.attempts, counts);
  if (bound !== undefined) return verdict;
  return { ...verdict, valid: 'unknown', reason: 'the header states no bound (recoverNs)' };
}

function changesOf(history: LockHistory, leases: readonly Lease[]): Change[] {
  const { faults, info } = history;
  const windows = faults.windows.filter(({ f }) => f !== 'client-crash');
  const length = longestLease(leases);
  const changes = windows.flatMap((window) => span('fault', window.from, window.healedAt, undefined, healRefs(window)));
  for (const lease of leases) {
    const killed = faults.killOf(lease.process);
    const gaveUp = Math.min(lease.returned, Math.max(killed?.at ?? Infinity, lease.called));
    const refs = [lease.answerRef, lease.release?.ref ?? -1, lease.release?.answerRef ?? -1, killed?.ref ?? -1];
    changes.push(...span('wait', lease.called, Math.min(gaveUp, Math.max(info.endsAt, lease.called)), lease, []));
    if (lease.acquire === 'ok') {
      changes.push({ at: lease.returned, kind: 'grant', by: 0, lease, refs: [lease.answerRef] });
      changes.push(...span('hold', lease.returned, latestEnd(faults, lease), lease, refs));
    } else if (lease.acquire === 'info' && gaveUp !== Infinity) {
      // It may have been granted without anybody knowing, as late as the faults that it met had healed.
      const met = windows.filter(({ from, healedAt }) => from <= gaveUp && healedAt >= lease.called);
      const arrived = met.reduce((latest, { healedAt }) => Math.max(latest, healedAt), gaveUp);
      changes.push(...span('hold', gaveUp, arrived + length, lease, refs));
    }
  }
  const order = { grant: 0, fault: 1, hold: 2, wait: 3 };
  return changes.toSorted((a, b) => a.at - b.at || order[a.kind] - order[b.kind]);
}

function healRefs({ refs }: FaultWindow): number[] {
  return refs.slice(-1);
}

function span(
  kind: 'fault' | 'hold' | 'wait',
  from: number,
  to: number,
  lease: Lease | undefined,
  refs: readonly number[],
): Change[] {
  const about = lease === undefined ? { kind, refs } : { kind, refs, lease };
  return to < from
    ? []
    : [
        { ...about, at: from, by: 1 },
        { ...about, at: to, by: -1 },
      ];
}

interface Wait {
  /** Nanoseconds spent waiting. */
  readonly length: number;
  readonly until: number;
  /** What it began with. */
  readonly since: Change;
  /** Who waited, at most the last three. */
  readonly waiting: readonly Lease[];
}

/** The waiting without a grant, from one beginning to the next. */
function longestWaits(changes: readonly Change[]): Wait[] {
  const waits: Wait[] = [];
  const active = { fault: 0, hold: 0, wait: 0 };
  const waiting = new Set<Lease>();
  let waited = new Set<Lease>();
  let length = 0;
  let since: Change | undefined;
  let lastAt = 0;
  const startAnew = (at: number, change: Change): void => {
    if (since !== undefined && length > 0) waits.push({ length, until: at, since, waiting: [...waited].slice(-3) });
    length = 0;
    since = change;
    waited = new Set(waiting);
  };
  for (const change of changes) {
    const { kind, by, at, lease } = change;
    since ??= change;
    if (active.wait > 0 && active.fault === 0 && active.hold === 0) length += at - lastAt;
    lastAt = at;
    if (kind === 'grant') {
      startAnew(at, change);
      continue;
    }
    active[kind] += by;
    if (kind !== 'wait') startAnew(at, change);
    else if (lease !== undefined && by === 1) {
      waiting.add(lease);
      waited.add(lease);
    } else if (lease !== undefined) waiting.delete(lease);
  }
  if (since !== undefined) startAnew(lastAt, since);
  return waits;
}

function stuckInWords(
  history: LockHistory,
  key: string,
  waiting: readonly Lease[],
  since: Change,
  length: number,
): string {
  const { info } = history;
  const what = {
    grant: 'the last grant',
    fault: 'the faults had healed',
    hold: 'the last lease had ended',
    wait: 'the first attempt',
  };
  const names = waiting.map((lease) => nameOf(history, lease)).join(', ');
  const who = names === '' ? 'clients' : names;
  return `${who} waited ${(length / 1e6).toFixed(1)} ms for ${keyName(key)} in vain after ${what[since.kind]} at ${moment(info, since.at)}`;
}
