/** The stretch of a history around a finding, as a report draws it. */
import type { Finding } from '../check/verdict.ts';
import { findHazard } from '../faults/hazards/table.ts';
import type { HistoryEvent, NemesisValue } from '../history/events.ts';
import { workerOf, type Plan } from '../plan/plan.ts';
import type { Timeline } from '../report/report.ts';

/** Room shown before the first and after the last event of the witness, at least. */
const MARGIN_MS = 80;
const HOLDINGS_AT_MOST = 60;

type Holding = { -readonly [Field in keyof Timeline['holdings'][number]]: Timeline['holdings'][number][Field] };

export function timelineOf(
  plan: Plan,
  events: readonly HistoryEvent[],
  finding: Finding,
  bitten: readonly string[],
): Timeline {
  const key = finding.key;
  const inWitness = new Set(finding.leases);
  const nameOf = (process: number): string => workerName(workerOf(plan, process));
  const holdings = new Map<string, Holding>();
  const uses: Timeline['uses'] = [];
  const faults = new Map<
    string,
    { -readonly [Field in keyof Timeline['faults'][number]]: Timeline['faults'][number][Field] }
  >();
  const lastMs = toMs(events.at(-1)?.time);

  for (const event of events) {
    const atMs = toMs(event.time);
    const value = (event.value ?? {}) as Record<string, unknown>;
    const lease = String(value['lease']);
    if (event.process === 'nemesis') {
      const { fault, phase, target } = value as unknown as NemesisValue;
      const id = `${fault}/${targetName(target)}`;
      if (phase === 'start') {
        const hazard = plan.faults.find((one) => one.id === fault)?.hazard;
        if (hazard !== undefined)
          faults.set(id, {
            id: fault,
            hazard,
            target: targetName(target),
            fromMs: atMs,
            toMs: lastMs,
            bit: bitten.includes(fault),
          });
      }
      const window = faults.get(id);
      if (window !== undefined && phase === 'end') window.toMs = atMs;
      if (phase === 'start' && findHazard(event.f)?.killsWorkers) endOpen(holdings, targetName(target), atMs);
      continue;
    }
    if (event.key !== key) continue;
    const holding = holdings.get(lease);
    if (event.f === 'acquire' && event.type === 'invoke' && typeof event.process === 'number') {
      holdings.set(lease, {
        ...{ worker: nameOf(event.process), lease, requestedMs: atMs, grantedMs: -1, endedMs: lastMs },
        ...{ ending: 'open', inWitness: inWitness.has(lease) },
      });
    } else if (event.f === 'acquire' && event.type === 'ok' && holding !== undefined) {
      holding.grantedMs = atMs;
      if (value['fence'] !== undefined) holding.fence = value['fence'] as string;
      if (typeof value['deadline'] === 'number') holding.deadlineMs = toMs(value['deadline']);
    } else if (event.f === 'renew' && holding !== undefined) {
      holding.deadlineMs = toMs(Number(value['deadline']));
    } else if (event.f === 'lost' && holding?.ending === 'open') {
      holding.ending = value['reason'] === 'deadline' ? 'deadline' : 'lost';
      holding.endedMs = atMs;
    } else if (event.f === 'release' && event.type === 'invoke' && holding?.ending === 'open') {
      holding.ending = 'unknown';
      holding.endedMs = atMs;
    } else if (event.f === 'release' && event.type === 'ok' && holding !== undefined) {
      holding.releasedMs = atMs;
      if (holding.ending === 'unknown') holding.ending = value['outcome'] === 'lost' ? 'lost' : 'released';
    } else if (event.process === 'resource' && (event.f === 'read' || event.f === 'write')) {
      uses.push({
        ...{
          worker: holding?.worker ?? 'unknown',
          lease,
          atMs,
          door: value['door'] as 'plain' | 'fenced',
          use: event.f,
        },
        ...(event.f === 'write'
          ? { from: Number(value['from']), to: Number(value['to']) }
          : { to: Number(value['value']) }),
        ...{ accepted: value['accepted'] === true, inWitness: inWitness.has(lease) },
      });
    }
  }
  return cut({ key, holdings, uses, faults: [...faults.values()], finding });
}

function endOpen(holdings: ReadonlyMap<string, Holding>, worker: string, atMs: number): void {
  for (const holding of holdings.values()) {
    if (holding.worker !== worker || holding.ending !== 'open') continue;
    holding.ending = 'crash';
    holding.endedMs = atMs;
  }
}

function cut(all: {
  key: string;
  holdings: ReadonlyMap<string, Holding>;
  uses: Timeline['uses'];
  faults: Timeline['faults'];
  finding: Finding;
}): Timeline {
  const granted = [...all.holdings.values()].filter((holding) => holding.grantedMs >= 0);
  const shown = granted.filter((holding) => holding.inWitness);
  const times = [
    ...all.finding.witness.map((event) => toMs(event.time)),
    ...shown.flatMap((holding) => [holding.grantedMs, Math.min(holding.endedMs, toMs(all.finding.at))]),
    toMs(all.finding.at),
  ];
  const first = Math.min(...times);
  const last = Math.max(...times);
  const margin = Math.max(MARGIN_MS, (last - first) * 0.15);
  const fromMs = Math.max(0, first - margin);
  const toMsEnd = last + margin;
  const visible = (from: number, to: number): boolean => from <= toMsEnd && to >= fromMs;
  const holdings = granted.filter((holding) =>
    visible(holding.grantedMs, Math.max(holding.endedMs, holding.deadlineMs ?? 0)),
  );
  const kept = holdings.length > HOLDINGS_AT_MOST ? nearest(holdings, toMs(all.finding.at)) : holdings;
  return {
    key: all.key,
    fromMs,
    toMs: toMsEnd,
    holdings: kept,
    faults: all.faults.filter((fault) => visible(fault.fromMs, fault.toMs)),
    uses: all.uses.filter((use) => visible(use.atMs, use.atMs) && kept.some((holding) => holding.lease === use.lease)),
  };
}

function nearest(holdings: readonly Holding[], atMs: number): Holding[] {
  const distance = (holding: Holding): number => (holding.inWitness ? -1 : Math.abs(holding.grantedMs - atMs));
  return holdings
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, HOLDINGS_AT_MOST)
    .toSorted((a, b) => a.grantedMs - b.grantedMs);
}

const toMs = (ns: number | undefined): number => Math.max(0, Math.round((ns ?? 0) / 1000) / 1000);
/** `694.9 ms`, of nanoseconds. */
export const inMs = (ns: number): string => `${(ns / 1e6).toFixed(1)} ms`;
export const workerName = (worker: number): string => `worker ${worker}`;
export const targetName = (target: NemesisValue['target']): string =>
  target.worker === undefined ? `node ${target.node ?? 0}` : workerName(target.worker);
