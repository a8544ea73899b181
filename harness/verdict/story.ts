/** A finding as a story of at most five lines, for people who were not there: what happened, how it came about, what is wrong. */
import { shown } from '../base/issues.ts';
import type { Finding } from '../check/verdict.ts';
import { findHazard } from '../faults/hazards/table.ts';
import type { ClocksValue, HistoryEvent, NemesisValue } from '../history/events.ts';
import { workerOf, type Plan } from '../plan/plan.ts';
import type { Witness } from '../report/report.ts';
import type { Breach } from './breach.ts';
import { mechanismOf } from './mechanism.ts';
import { inMs, targetName, timelineOf, workerName } from './timeline.ts';

const LINES = 5;
/** Ranks of the beginning of a fault, and of the call of a release. */
const BEGINNING = 2;
const RELEASE = 3;
/** What the sentence on how it came about says in other words. */
const RETOLD: readonly number[] = [BEGINNING, RELEASE];
/** Rank of an operation of a scenario. */
const OPERATION = 5;

interface Line {
  readonly time: number;
  /** Lower is kept first. */
  readonly rank: number;
  readonly text: string;
}

/** @param bitten ids of the faults that bit. */
export function witnessOf(
  plan: Plan,
  events: readonly HistoryEvent[],
  finding: Finding,
  bitten: readonly string[],
): Witness {
  return {
    summary: finding.summary,
    story: storyOf(plan, events, finding),
    events: finding.witness.map((event) => ({ ...event })),
    timeline: timelineOf(plan, events, finding, bitten),
  };
}

function storyOf(plan: Plan, events: readonly HistoryEvent[], finding: Finding): string[] {
  const involved = new Set(finding.leases);
  const named = new Set(finding.witness.map(({ index }) => index));
  const lines = events
    .filter(
      (event) =>
        (event.time ?? 0) <= finding.at &&
        (concerns(event, involved, finding.key) || (event.index !== undefined && named.has(event.index))),
    )
    .map((event) => ranked(tell(plan, event), event, event.index !== undefined && named.has(event.index)))
    .filter((line) => line !== undefined);
  // A plan may ask for it where nobody can set how fast clocks run: only the history tells whether they did.
  const clocks = events.flatMap(({ process, f, value }) =>
    process === 'harness' && f === 'clocks' ? [clocksOf(value as ClocksValue)] : [],
  );
  const mechanism = mechanismOf(plan, events, finding);
  const how = mechanism === undefined ? [] : [{ ...mechanism, time: Math.min(mechanism.time, finding.at) }];
  const kept = lines
    .filter(({ rank, time }) => time !== mechanism?.time || !RETOLD.includes(rank))
    // Of equal rank, the latest are nearest to what went wrong.
    .toSorted((a, b) => a.rank - b.rank || b.time - a.time)
    .slice(0, LINES - 1 - clocks.length - how.length);
  const told = [...kept, ...how].toSorted((a, b) => a.time - b.time);
  return [
    ...clocks,
    ...told.map((line) => `${stamp(line.time)}  ${line.text}`),
    `${stamp(finding.at)}  ${finding.summary}`,
  ];
}

/**
 * What the finding names was done to the resource says more than anything else, and of it what was done under a lease: that
 * is what somebody had.
 */
function ranked(line: Line | undefined, { value }: HistoryEvent, named: boolean): Line | undefined {
  if (line?.rank !== OPERATION) return line;
  if (!named) return { ...line, rank: 4 };
  const { lease } = (value ?? {}) as { readonly lease?: string };
  return { ...line, rank: lease === undefined ? 0 : -1 };
}

/** What its worker did last, or what is known of its lease, and the faults until then. */
export function breachStory(plan: Plan, events: readonly HistoryEvent[], { who, message, lease }: Breach): string[] {
  const isAbout = (event: HistoryEvent): boolean =>
    lease === undefined ? whoOf(plan, event) === who : (event.value as { lease?: string } | undefined)?.lease === lease;
  const lines = events
    .filter((event) => event.process === 'nemesis' || isAbout(event))
    .map((event) => tell(plan, event) ?? attempted(plan, event))
    .filter((line) => line !== undefined);
  return [...lines.slice(1 - LINES).map((line) => `${stamp(line.time)}  ${line.text}`), `${who}: ${message}`];
}

/** What was asked for and need not have been answered. */
function attempted(plan: Plan, event: HistoryEvent): Line | undefined {
  const { lease } = (event.value ?? {}) as { lease?: string };
  if (event.f !== 'acquire' || event.type === 'ok' || lease === undefined) return undefined;
  const did = event.type === 'invoke' ? 'asks for' : 'is not granted';
  return { time: event.time ?? 0, rank: 4, text: `${whoOf(plan, event)} ${did} ${event.key} (lease ${lease})` };
}

const clocksOf = ({ skew }: ClocksValue): string =>
  `${stamp(0)}  the clocks of the machines run up to ${skew * 100} % fast or slow`;

function concerns(event: HistoryEvent, leases: ReadonlySet<string>, key: string): boolean {
  if (event.process === 'nemesis') return true;
  const lease = (event.value as { lease?: string } | undefined)?.lease;
  return event.key === key && lease !== undefined && leases.has(lease);
}

function tell(plan: Plan, event: HistoryEvent): Line | undefined {
  const time = event.time ?? 0;
  const value = (event.value ?? {}) as Record<string, unknown>;
  const line = (rank: number, text: string): Line => ({ time, rank, text });
  if (event.process === 'nemesis') {
    const { phase, target, fault: id } = value as unknown as NemesisValue;
    const fault = plan.faults.find((one) => one.id === id);
    if (fault === undefined) return undefined;
    if (phase === 'start') return line(BEGINNING, `${event.f} begins on ${targetName(target)}${detailsOf(fault)}`);
    return phase === 'end' ? line(4, `${event.f} ends on ${targetName(target)}`) : undefined;
  }
  const who = whoOf(plan, event);
  const { lease } = value as { lease?: string };
  if (event.f === 'acquire' && event.type === 'ok') {
    const { deadline } = value;
    const until =
      typeof deadline === 'number'
        ? ` until ${inMs(deadline)}`
        : deadline === 'documented'
          ? ` for ${Number(value['leaseMs'])} ms`
          : '';
    const fence = value['fence'] === undefined ? '' : `, fence ${value['fence'] as string}`;
    return line(1, `${who} is granted ${event.key}${until}${fence} (lease ${lease})`);
  }
  if (event.f === 'lost') return line(3, `${who} learns that lease ${lease} is lost (${String(value['reason'])})`);
  if (event.f === 'release' && event.type === 'invoke') return line(RELEASE, `${who} releases lease ${lease}`);
  if (event.f === 'release' && event.type === 'ok')
    return line(4, `the release of ${lease} is answered "${(value['outcome'] as string | undefined) ?? 'released'}"`);
  if (event.f === 'write' && value['accepted'] === true) {
    return line(
      3,
      `lease ${lease} writes ${String(value['from'])} → ${String(value['to'])} through the ${String(value['door'])} door`,
    );
  }
  if (event.process === 'resource' && event.f !== 'read' && event.f !== 'write' && value['door'] === 'plain')
    return line(OPERATION, operationInWords(event, value));
  return undefined;
}

function operationInWords({ f, key }: HistoryEvent, value: Readonly<Record<string, unknown>>): string {
  const { lease, client, fence: _, door: __, accepted: ___, lost, ...fields } = value;
  const who = lease === undefined ? `client ${shown(client)}, without a lease,` : `lease ${lease as string}`;
  const heedless = lost === true ? ', although its loss had been told' : '';
  return `${who} does "${f}" to ${key ?? ''}: ${shown(fields)}${heedless}`;
}

function whoOf(plan: Plan, event: HistoryEvent): string {
  if (typeof event.process === 'string') return event.process.replace('-', ' ');
  return workerName(workerOf(plan, event.process));
}

function detailsOf(fault: Plan['faults'][number] | undefined): string {
  if (fault === undefined) return '';
  const details = [
    delayOf(fault),
    fault.jumpMs === undefined ? undefined : `by ${fault.jumpMs} ms`,
    `for ${fault.durationMs} ms`,
  ];
  return ` (${details.filter((detail) => detail !== undefined).join(', ')})`;
}

function delayOf({ hazard, delayMs, direction }: Plan['faults'][number]): string | undefined {
  // What strikes a process while an answer is on its way, and slow so that it can be met there.
  if (findHazard(hazard)?.strikes !== 'link' && delayMs !== undefined) return `with its replies ${delayMs} ms late`;
  const way = direction === undefined ? [] : [`on ${direction === 'both' ? 'both ways' : `the ${direction}`}`];
  const parts = [...(delayMs === undefined ? [] : [`${delayMs} ms late`]), ...way];
  return parts.length === 0 ? undefined : parts.join(', ');
}

const stamp = (ns: number): string => inMs(ns).padStart(11);
