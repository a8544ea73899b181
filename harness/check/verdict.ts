/** What every checker answers. */
import type { Property } from 'holdfast-locks/internal/claims';
import type { HistoryEvent } from '../history/events.ts';

export const MODELS = [
  'lock',
  'belief',
  'resource',
  'notice',
  'liveness',
  'handover',
  'responsiveness',
  'fairness',
  'reentrancy',
  'sharing',
  'mutex',
  'semaphore',
  'counter',
  'register',
  'kv',
] as const;
export type Model = (typeof MODELS)[number];

/**
 * Something a checker found, with the few events that prove it, in order of time.
 * - `violation`: the property is broken.
 * - `overrun`: harm that the lock did not promise to prevent (a write after its own lease had ended), with its cause.
 * - `inconclusive`: harm whose cause the history does not show.
 * - `application`: an invariant that the application broke by itself, while the lock kept its users apart.
 */
export interface Finding {
  readonly kind: 'violation' | 'overrun' | 'inconclusive' | 'application';
  readonly property: Property;
  readonly key: string;
  /** One sentence in plain words: who, what, when (milliseconds since the run began). */
  readonly summary: string;
  /** Nanoseconds: when it became true. Faults that started later did not cause it. */
  readonly at: number;
  readonly leases: readonly string[];
  readonly witness: readonly HistoryEvent[];
  /** Of an overrun. */
  readonly cause?: 'pause' | 'resource-delay' | 'stall' | 'overstay';
  /** Of an application: what should have been true. */
  readonly invariant?: string;
}

/** What an application is judged by stands in no history: `invariant` is for those who have its scenario. */
export type JudgedModel = Model | 'invariant';

export interface Verdict {
  readonly model: JudgedModel;
  /** `false` only with a `violation` among the findings. */
  readonly valid: boolean | 'unknown';
  /** Operations of the model that were judged (an invocation and its completion are one). */
  readonly operations: number;
  /** The first findings of each kind and property (bounded), earliest first. */
  readonly findings: readonly Finding[];
  /** How much there was of what, such as `overruns`, `refusedStale`, `deadOnArrival`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Why `unknown`. */
  readonly reason?: string;
}
