/** What a worker was at that did not end when it was told to. */
import type { HistoryEvent } from '../history/events.ts';
import { clientsOf, workerOf, type Plan } from '../plan/plan.ts';
import { LIVES_APART } from '../subject/client.ts';

interface Call {
  /** Of the harness. */
  readonly lease: string;
  readonly message: string;
}

/** The call of the lock that never came back; `undefined` when it was at nothing of the lock's. */
export function openCall(plan: Plan, worker: number, events: readonly HistoryEvent[]): Call | undefined {
  const last = new Map<number, HistoryEvent>();
  for (const event of events) {
    if (typeof event.process === 'number' && workerOf(plan, event.process) === worker) last.set(event.process, event);
  }
  const incarnation = (process: number): number => Math.floor(process / (clientsOf(plan) * LIVES_APART));
  const present = Math.max(...[...last.keys()].map(incarnation));
  const open = [...last].find(([process, { type }]) => type === 'invoke' && incarnation(process) === present)?.[1];
  if (open === undefined) return undefined;
  const { lease } = open.value as { lease: string };
  return { lease, message: `${open.f} never came back, though the faults had healed and the work was over` };
}
