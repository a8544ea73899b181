/** A plan of two workers with one client each (processes 0 and 1; 2 and 3 take the key that lapses), and its events. */
import type { Hazard } from '../../implementations/claims.ts';
import type { HistoryEvent, HistoryHeader } from '../../harness/history/events.ts';
import type { Plan } from '../../harness/plan/plan.ts';

export const MS = 1e6;

export const HEADER: HistoryHeader = {
  ...{ holdfast: 'history', version: 1, run: 'r', clients: 4, workers: 2, recoverNs: 2000 * MS },
};

export function smallPlan(hazards: readonly Hazard[]): Plan {
  return {
    ...{ holdfast: 'plan', version: 1, index: 0, seed: 1, lock: 'x', options: {}, topology: 'single' },
    ...{ scenario: 'shared-counter', hazards: [...hazards], workers: 2, clientsPerWorker: 1 },
    ...{ keys: ['a'], lapseKey: 'lapse', leaseMs: 600, acquireTimeoutMs: 2400, renew: true },
    ...{ holdsMs: [1], thinksMs: [1], workMs: 1000, recoverMs: 2000 },
    faults: hazards
      .filter((hazard) => hazard !== 'none')
      .map((hazard, index) => ({
        ...{ id: `f${index + 1}.1`, hazard, afterMs: 0, durationMs: 100, workers: [0], nodes: [0] },
      })),
  };
}

/** One lease from its request to its release. */
export function cycle(
  process: number,
  lease: string,
  { asked, granted, let: letGo, gone }: { asked: number; granted: number; let: number; gone: number },
  { key = 'a', fence }: { key?: string; fence?: number } = {},
): HistoryEvent[] {
  const at = (type: HistoryEvent['type'], f: string, ms: number, more: object = {}): HistoryEvent => ({
    ...{ type, process, f, key, value: { lease, ...more }, time: ms * MS },
  });
  return [
    at('invoke', 'acquire', asked),
    at('ok', 'acquire', granted, {
      deadline: (granted + 600) * MS,
      ...(fence === undefined ? {} : { fence: String(fence) }),
    }),
    at('invoke', 'release', letGo),
    at('ok', 'release', gone, { outcome: 'released' }),
  ];
}

export const nemesis = (hazard: Hazard, fault: string, phase: string, ms: number): HistoryEvent => ({
  ...{ type: 'info', process: 'nemesis', f: hazard, time: ms * MS },
  value: { fault, phase, target: { worker: 0 } },
});

export const inOrder = (...events: readonly HistoryEvent[]): HistoryEvent[] =>
  events.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0));
