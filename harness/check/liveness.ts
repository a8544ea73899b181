import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { LockHistory } from './lock-history.ts';
import { keyName, nameOf } from './tell.ts';
import type { Verdict } from './verdict.ts';
import { longestWait, waitsOf, type Cause, type Wait } from './waits.ts';

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
    const longest = longestWait(history, leases);
    counts.longestWaitMs = Math.max(counts.longestWaitMs, longest / 1e6);
    if (bound === undefined || longest <= bound) continue;
    for (const { length, until, since, waiting } of waitsOf(history, leases)) {
      if (length <= bound) continue;
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
            ...sinceRefs(history, since),
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

/** The events that say when a wait began. */
function sinceRefs({ faults }: LockHistory, since: Cause): number[] {
  switch (since.kind) {
    case 'fault':
      return since.window.refs.slice(-1);
    case 'grant':
      return [since.lease.answerRef];
    case 'hold': {
      const { answerRef, release, process } = since.lease;
      return [answerRef, release?.ref ?? -1, release?.answerRef ?? -1, faults.killOf(process)?.ref ?? -1];
    }
    case 'wait':
      return [];
  }
}

function stuckInWords(
  history: LockHistory,
  key: string,
  waiting: readonly Lease[],
  since: Wait['since'],
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
