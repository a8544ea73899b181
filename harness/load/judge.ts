/** What the history of a round says of the lock: the same checkers as of `verify`, over a file of any length. */
import { checkBelief } from '../check/belief.ts';
import { readLockHistory } from '../check/lock-history.ts';
import { checkLock } from '../check/lock.ts';
import { checkResource } from '../check/resource.ts';
import type { Finding } from '../check/verdict.ts';
import { forEachLine } from '../history/lines.ts';
import type { HistoryEvent } from '../history/events.ts';
import type { Plan } from '../plan/plan.ts';
import { activeBefore, faultStarts, type ChargedFinding, type Judgement } from '../verdict/judge.ts';
import { judgeBites } from '../faults/bite.ts';

/** Of a counterexample so much before and after is shown. */
const AROUND_NS = 1e9;
const SHOWN_AT_MOST = 20_000;

export interface LoadJudgement {
  readonly judgement: Judgement;
  /** Operations that were checked, an invocation and its completion as one. */
  readonly operations: number;
}

/**
 * @param notable the events about faults and the wire, by which it is told whether a fault bit
 * @throws HistoryError
 */
export async function judgeLoad(plan: Plan, path: string, notable: readonly HistoryEvent[]): Promise<LoadJudgement> {
  const history = await readLockHistory(path);
  const starts = faultStarts(notable);
  const counts = new Map<string, number>();
  const findings: ChargedFinding[] = [];
  const verdicts = [checkLock(history), checkBelief(history), checkResource(history)];
  for (const { findings: found, counts: counted } of verdicts) {
    for (const finding of found) findings.push({ finding, hazards: activeBefore(finding.at, starts) });
    for (const [name, count] of Object.entries(counted)) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  const [service] = verdicts;
  const operations = service?.operations ?? 0;
  const increments = counts.get('increments') ?? 0;
  const tokens = [...history.leases.values()].filter(({ fence }) => fence !== undefined).length;
  const [first] = findings.filter(({ finding }) => finding.kind === 'violation');
  const judgement = {
    plan,
    events: first === undefined ? [] : await eventsAround(path, first.finding),
    findings,
    operations: { exclusion: operations, 'no-lost-update': increments, fencing: tokens },
    ...judgeBites(plan, notable),
    increments,
    overruns: counts.get('overruns') ?? 0,
    refusedStale: 0,
  };
  return { judgement, operations };
}

async function eventsAround(path: string, { at, key, witness }: Finding): Promise<HistoryEvent[]> {
  const from = Math.min(at, ...witness.map(({ time = at }) => time)) - AROUND_NS;
  const events: HistoryEvent[] = [];
  await forEachLine(path, (text, line, _offset, complete) => {
    if (line === 1 || !complete || events.length > SHOWN_AT_MOST) return;
    const event = JSON.parse(text) as HistoryEvent;
    const { time = 0 } = event;
    if (time < from || time > at + AROUND_NS || (event.key !== undefined && event.key !== key)) return;
    events.push(event);
  });
  return events;
}
