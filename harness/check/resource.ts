import { charge } from './charge.ts';
import { lostUpdates, type LostUpdate } from './damage.ts';
import { eventsAt, Findings, moment } from './findings.ts';
import type { Lease } from './leases.ts';
import type { ResourceUse } from './lock-events.ts';
import type { LockHistory } from './lock-history.ts';
import { keyName, nameOf } from './tell.ts';
import type { Finding, Verdict } from './verdict.ts';

/**
 * Verdict 3 (`no-lost-update`, the plain door) and the half of verdict 4 that the resource sees (`fencing`, the fenced
 * door); the tokens themselves are compared in verdict 1, along the order of the grants.
 *
 * A lost update at the plain door is charged to the lock only if the write and one of those that it undid were each
 * accepted while the belief in their own lease lasted. Otherwise it is an overrun, charged to the pause, the delay or
 * the stall that made a write come late; where the history shows none, it is inconclusive. O(n log n).
 */
export function checkResource(history: LockHistory): Verdict {
  const findings = new Findings();
  const counts = {
    increments: 0,
    lostUpdates: 0,
    overruns: 0,
    inconclusive: 0,
    fencedIncrements: 0,
    fencedLost: 0,
    refusedStale: 0,
  };
  const usesOf = Map.groupBy(history.uses, ({ lease }) => lease);
  const byCounter = Map.groupBy(history.uses, ({ key, door }) => `${door} ${key}`);
  for (const uses of byCounter.values()) {
    const fenced = uses[0]?.door === 'fenced';
    counts[fenced ? 'fencedIncrements' : 'increments'] += uses.filter(
      (use) => use.kind === 'write' && use.accepted,
    ).length;
    counts.refusedStale += uses.filter(({ accepted }) => !accepted).length;
    for (const lost of lostUpdates(uses)) {
      counts[fenced ? 'fencedLost' : 'lostUpdates'] += 1;
      const finding = fenced ? lostBehindFence(history, lost) : harm(history, lost, usesOf);
      if (finding.kind === 'overrun') counts.overruns += 1;
      if (finding.kind === 'inconclusive') counts.inconclusive += 1;
      findings.add(finding);
    }
  }
  return findings.verdict('resource', counts.increments + counts.fencedIncrements + counts.refusedStale, counts);
}

type Told = Parameters<Findings['add']>[0];

function told(
  history: LockHistory,
  { write, read, between }: LostUpdate,
  about: Pick<Finding, 'kind' | 'property'> & Partial<Pick<Finding, 'cause'>>,
  why: () => string,
  refs: readonly number[] = [],
): Told {
  const lost = between.at(-1);
  const leases = [...new Set([...between.map(({ lease }) => lease), write.lease])];
  return {
    ...about,
    key: write.key,
    at: write.at,
    leases,
    tell: () => {
      const { info } = history;
      const wrote = `${who(history, write)} wrote ${write.to} to ${keyName(write.key)} at ${moment(info, write.at)}`;
      const undone = lost === undefined ? 'another value' : `the ${lost.to} of ${who(history, lost)}`;
      const own = leases.flatMap((id) => grantRefs(history.leases.get(id)));
      return {
        summary: `${wrote}, having read ${write.from}, and undid ${undone}: ${why()}`,
        witness: eventsAt(info, [
          ...own,
          read?.ref ?? -1,
          ...between.slice(-3).map(({ ref }) => ref),
          write.ref,
          ...refs,
        ]),
      };
    },
  };
}

function who(history: LockHistory, use: ResourceUse): string {
  const lease = history.leases.get(use.lease);
  return lease === undefined ? use.lease : nameOf(history, lease);
}

function grantRefs(lease: Lease | undefined): number[] {
  if (lease === undefined) return [];
  return [lease.answerRef, lease.renewal?.ref ?? -1, lease.lost?.ref ?? -1, lease.release?.ref ?? -1];
}

function lostBehindFence(history: LockHistory, lost: LostUpdate): Told {
  return told(history, lost, { kind: 'violation', property: 'fencing' }, () => 'the fencing tokens did not prevent it');
}

function harm(history: LockHistory, lost: LostUpdate, usesOf: ReadonlyMap<string, readonly ResourceUse[]>): Told {
  const { kind, cause, why, refs } = charge(history, lost, usesOf);
  return told(history, lost, { kind, property: 'no-lost-update', ...(cause && { cause }) }, why, refs);
}
