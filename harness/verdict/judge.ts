/** From the history of one plan to what it says about each property. */
import { HAZARDS, type Hazard, type Property } from 'holdfast-locks/internal/claims';
import type { Finding, Verdict } from '../check/verdict.ts';
import { checkBelief } from '../check/belief.ts';
import { checkFairness } from '../check/fairness.ts';
import { checkLiveness } from '../check/liveness.ts';
import { lockHistoryOf, type LockHistory } from '../check/lock-history.ts';
import { checkLock } from '../check/lock.ts';
import { checkNotice } from '../check/notice.ts';
import { checkReentrancy } from '../check/reentrancy.ts';
import { checkResource } from '../check/resource.ts';
import { checkSharing } from '../check/sharing.ts';
import { judgeBites } from '../faults/bite.ts';
import { historyOf } from '../history/read.ts';
import type { HistoryEvent, HistoryHeader, NemesisValue } from '../history/events.ts';
import type { Plan } from '../plan/plan.ts';

/** A finding, and the hazards that were active before it: their claims are the ones it tests. */
export interface ChargedFinding {
  readonly finding: Finding;
  readonly hazards: readonly Hazard[];
}

export interface Judgement {
  readonly plan: Plan;
  readonly events: readonly HistoryEvent[];
  readonly findings: readonly ChargedFinding[];
  /** Operations judged for each property. */
  readonly operations: Readonly<Partial<Record<Property, number>>>;
  readonly applied: readonly string[];
  readonly bitten: readonly string[];
  readonly increments: number;
  readonly overruns: number;
  readonly refusedStale: number;
}

/** What judges a run's own history, and the property whose operations each counts. */
const CHECKERS: readonly (readonly [(history: LockHistory) => Verdict, Property | undefined])[] = [
  [checkLock, 'exclusion'],
  [checkBelief, undefined],
  [checkResource, undefined],
  [checkNotice, 'loss-notice'],
  [checkLiveness, 'deadlock-freedom'],
  [checkFairness, 'fairness'],
  [checkReentrancy, 'reentrancy'],
  [checkSharing, 'sharing'],
];

export function judge(plan: Plan, header: HistoryHeader, events: readonly HistoryEvent[]): Judgement {
  const starts = faultStarts(events);
  const operations: Partial<Record<Property, number>> = {};
  const findings: ChargedFinding[] = [];
  const counts = new Map<string, number>();
  const history = lockHistoryOf(historyOf(events, header));
  for (const [check, property] of CHECKERS) {
    const verdict: Verdict = check(history);
    if (property !== undefined) operations[property] = verdict.operations;
    for (const finding of verdict.findings) {
      // Tokens out of order are seen by two checkers.
      const isKnown = findings.some(({ finding: known }) => isSame(known, finding));
      if (!isKnown) findings.push({ finding, hazards: activeBefore(finding.at, starts) });
    }
    for (const [name, count] of Object.entries(verdict.counts)) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  operations.fencing = events.filter((event) => event.f === 'acquire' && event.type === 'ok' && hasFence(event)).length;
  const increments = events.filter(isPlainWrite).length;
  operations['no-lost-update'] = increments;
  return {
    plan,
    events,
    findings,
    operations,
    ...judgeBites(plan, events),
    increments,
    overruns: counts.get('overruns') ?? 0,
    refusedStale: counts.get('refusedStale') ?? 0,
  };
}

function isSame(one: Finding, other: Finding): boolean {
  const proof = ({ kind, property, key, leases }: Finding): string =>
    [kind, property, key, ...leases.toSorted()].join('|');
  return proof(one) === proof(other);
}

const valueOf = (event: HistoryEvent): Record<string, unknown> => (event.value ?? {}) as Record<string, unknown>;
const hasFence = (event: HistoryEvent): boolean => valueOf(event)['fence'] !== undefined;

function isPlainWrite(event: HistoryEvent): boolean {
  const { door, accepted } = valueOf(event);
  return event.process === 'resource' && event.f === 'write' && door === 'plain' && accepted === true;
}

export function faultStarts(events: readonly HistoryEvent[]): ReadonlyMap<Hazard, number> {
  const starts = new Map<Hazard, number>();
  for (const event of events) {
    if (event.process !== 'nemesis') continue;
    const { phase } = event.value as NemesisValue;
    const hazard = HAZARDS.find((known) => known === event.f);
    if (hazard !== undefined && phase === 'start' && !starts.has(hazard)) starts.set(hazard, event.time ?? 0);
  }
  return starts;
}

/** Faults that began before `at` may have caused it, also when they have healed since. */
export function activeBefore(at: number, starts: ReadonlyMap<Hazard, number>): readonly Hazard[] {
  const active = [...starts].filter(([, start]) => start <= at).map(([hazard]) => hazard);
  return active.length === 0 ? ['none'] : active;
}
