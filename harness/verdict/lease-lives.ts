/** What a history says of each lease of one key: when it was asked for, granted, renewed, and how it ended. */
import type { HistoryEvent } from '../history/events.ts';
import { workerOf, type Plan } from '../plan/plan.ts';

/** Times in nanoseconds since the run began. */
export interface LeaseLife {
  readonly lease: string;
  readonly worker: number;
  readonly asked: number;
  granted?: number;
  /** When a refusal, or an error, was told. */
  refused?: number;
  /** Whether it may have been granted all the same. */
  doubtful?: boolean;
  /** Length of the lease as the service states it, or else as it was asked for, in nanoseconds. */
  length?: number;
  /** As stated with the grant; renewals move it. */
  firstDeadline?: number;
  deadline?: number;
  renewed?: number;
  releaseCalled?: number;
  releaseAnswered?: number;
  outcome?: string;
  lost?: number;
}

/** @returns by lease, in the order in which they were asked for */
export function livesOf(plan: Plan, events: readonly HistoryEvent[], key: string): ReadonlyMap<string, LeaseLife> {
  const lives = new Map<string, LeaseLife>();
  for (const event of events) {
    if (event.key !== key) continue;
    const value = (event.value ?? {}) as Readonly<Record<string, unknown>>;
    const lease = value['lease'];
    if (typeof lease !== 'string') continue;
    const time = event.time ?? 0;
    if (event.f === 'acquire' && event.type === 'invoke' && typeof event.process === 'number')
      lives.set(lease, { lease, worker: workerOf(plan, event.process), asked: time, ...lengthIn(value) });
    const life = lives.get(lease);
    if (life !== undefined) Object.assign(life, changeBy(event, value, time));
  }
  return lives;
}

function changeBy(
  { f, type }: HistoryEvent,
  value: Readonly<Record<string, unknown>>,
  time: number,
): Partial<LeaseLife> {
  const deadline = typeof value['deadline'] === 'number' ? { deadline: value['deadline'] } : {};
  if (f === 'acquire' && type === 'ok') {
    const first = deadline.deadline === undefined ? {} : { firstDeadline: deadline.deadline };
    return { granted: time, ...deadline, ...first, ...lengthIn(value) };
  }
  if (f === 'acquire' && type !== 'invoke') return { refused: time, doubtful: type === 'info' };
  if (f === 'renew') return { renewed: time, ...deadline };
  if (f === 'lost') return { lost: time };
  if (f !== 'release') return {};
  if (type === 'invoke') return { releaseCalled: time };
  const { outcome = 'released' } = value as { readonly outcome?: string };
  return { releaseAnswered: time, outcome: type === 'ok' ? outcome : 'unknown' };
}

const lengthIn = ({ leaseMs }: Readonly<Record<string, unknown>>): Pick<LeaseLife, 'length'> =>
  typeof leaseMs === 'number' ? { length: leaseMs * 1e6 } : {};
