/** From the history of one plan to what it says about each property: the same for `verify`, `bench` and any other. */
import { HAZARDS, type Hazard, type Property } from 'holdfast-locks/internal/claims';
import type { JudgeOperations } from '../check/carried-out.ts';
import { LEASE_CHECKERS } from '../check/checkers.ts';
import { checkInvariant } from '../check/invariant.ts';
import { lockHistoryOf, readLockHistory, type LockHistory } from '../check/lock-history.ts';
import type { Finding, JudgedModel, Verdict } from '../check/verdict.ts';
import { judgeBites } from '../faults/bite.ts';
import type { HistoryEvent, HistoryHeader, NemesisValue } from '../history/events.ts';
import { historyOf } from '../history/read.ts';
import type { Plan } from '../plan/plan.ts';
import type { Breach } from './breach.ts';
import { eventsAround } from './excerpt.ts';

/** A finding, and the hazards that were active before it: their claims are the ones it tests. */
export interface ChargedFinding {
  readonly finding: Finding;
  /** By which `check` finds it again. */
  readonly model: JudgedModel;
  readonly hazards: readonly Hazard[];
}

export interface Judgement {
  readonly plan: Plan;
  readonly events: readonly HistoryEvent[];
  readonly findings: readonly ChargedFinding[];
  /** What the lock did beside, which no history shows. */
  readonly breaches: readonly Breach[];
  /** Operations judged for each property; a property that the history could not be held to is missing. */
  readonly operations: Readonly<Partial<Record<Property, number>>>;
  readonly applied: readonly string[];
  readonly bitten: readonly string[];
  /** Of a scenario other than the counter: operations under a lease. */
  readonly increments: number;
  readonly overruns: number;
  readonly refusedStale: number;
  /** Leases whose deadline had passed when they were granted, whatever was disturbed. */
  readonly deadGrants: number;
}

/**
 * Judges a history in memory.
 * @param invariant what else its operations are judged by
 * @throws HistoryError
 */
export function judge(
  plan: Plan,
  header: HistoryHeader,
  events: readonly HistoryEvent[],
  breaches: readonly Breach[] = [],
  invariant?: JudgeOperations,
): Judgement {
  const history = lockHistoryOf(historyOf(events, header), invariant !== undefined);
  return { ...judgeHistory(plan, history, events, invariant), events, breaches };
}

/**
 * Judges a file of any length. Of its events the judgement has those around the first violation.
 * @param notable the events about faults and the wire, by which it is told whether a fault bit
 * @throws HistoryError
 */
export async function judgeFile(plan: Plan, path: string, notable: readonly HistoryEvent[]): Promise<Judgement> {
  const judged = judgeHistory(plan, await readLockHistory(path), notable);
  const first = judged.findings.find(({ finding }) => finding.kind === 'violation');
  return { ...judged, breaches: [], events: first === undefined ? [] : await eventsAround(path, first.finding) };
}

function judgeHistory(
  plan: Plan,
  history: LockHistory,
  notable: readonly HistoryEvent[],
  invariant?: JudgeOperations,
): Omit<Judgement, 'events' | 'breaches'> {
  const { header } = history.info;
  const starts = faultStarts(notable);
  // Each process is one that could have been brought to its end.
  const operations: Partial<Record<Property, number>> = { composure: plan.workers };
  const findings = new Map<string, ChargedFinding>();
  const counts = new Map<string, number>();
  const take = (model: JudgedModel, verdict: Verdict): void => {
    for (const finding of verdict.findings) {
      const accusation = accusationOf(finding);
      if (findings.has(accusation)) continue;
      findings.set(accusation, { finding, model, hazards: activeBefore(finding.at, starts) });
    }
    for (const [name, count] of Object.entries(verdict.counts)) counts.set(name, (counts.get(name) ?? 0) + count);
  };
  for (const { model, check, judges, needs } of LEASE_CHECKERS) {
    if (needs !== undefined && header[needs] === undefined) continue;
    const verdict = check(history);
    for (const property of Object.keys(judges) as (keyof typeof judges)[])
      operations[property] = (operations[property] ?? 0) + (judges[property]?.(verdict) ?? 0);
    take(model, verdict);
  }
  if (invariant !== undefined) {
    const verdict = checkInvariant(history, invariant);
    operations.invariant = verdict.operations;
    take('invariant', verdict);
  }
  return {
    plan,
    findings: [...findings.values()],
    operations,
    ...judgeBites(plan, notable),
    increments: (counts.get('increments') ?? 0) + (counts.get('underLease') ?? 0),
    overruns: counts.get('overruns') ?? 0,
    refusedStale: counts.get('refusedStale') ?? 0,
    deadGrants: counts.get('deadGrants') ?? 0,
  };
}

/**
 * Two leases that the service gave the lock to at once were believed in at once by their clients, as a rule: one overlap,
 * seen from both ends. It is told by the checker that stands first.
 */
function accusationOf({ kind, property, key, leases, invariant }: Finding): string {
  return JSON.stringify([kind, property, key, invariant ?? '', ...leases.toSorted()]);
}

function faultStarts(events: readonly HistoryEvent[]): ReadonlyMap<Hazard, number> {
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
function activeBefore(at: number, starts: ReadonlyMap<Hazard, number>): readonly Hazard[] {
  const active = [...starts].filter(([, start]) => start <= at).map(([hazard]) => hazard);
  return active.length === 0 ? ['none'] : active;
}
