/** What a history shows around one fault, and the bite rules that several hazards share. */
import type { FileObservation, HistoryEvent, WireObservation } from '../history/events.ts';
import type { Fault } from '../plan/plan.ts';

/** Stretch of time in nanoseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}
export interface LeaseSpan extends Span {
  readonly worker: number;
  /** The last that was stated; the plan's lease where the lock states none. */
  readonly deadline: number;
}
export interface Operation extends Span {
  readonly worker: number;
  readonly f: 'acquire' | 'release';
  readonly completed: HistoryEvent['type'] | undefined;
}
export interface Wire extends Span {
  readonly worker: number;
  readonly node: number;
  readonly ms: number;
  readonly end: WireObservation['end'];
}

export interface FileCall extends Span {
  readonly worker: number;
  readonly what: FileObservation['what'];
}

export interface FaultEvidence {
  readonly fault: Fault;
  /** While it was in force. */
  readonly window: Span;
  /** What it did to a clock, or to who leads, was seen when it was done. */
  readonly seen: boolean;
  /** Leases in force when it struck, of all workers. */
  readonly leases: readonly LeaseSpan[];
  /** Of all workers, while it was in force. */
  readonly operations: readonly Operation[];
  /** Commands under way meanwhile, on the links that it touches. */
  readonly wires: readonly Wire[];
  /** Calls of its workers that concern the shared folder and were disturbed meanwhile. */
  readonly files: readonly FileCall[];
  /** The servers answer before their replicas have heard of it. */
  readonly asynchronous: boolean;
  /** Whether it touches this worker. */
  readonly touches: (worker: number) => boolean;
}

/** Delays are met with this tolerance: the observation has a resolution of some milliseconds. */
const DELAY_MET = 0.85;
/** A command that waits this long for a paused or unreachable server has failed or will time out. */
const UNANSWERED_MS = 100;

export const tookTheDelay = ({ fault }: FaultEvidence, { ms }: Wire): boolean => ms >= (fault.delayMs ?? 0) * DELAY_MET;

export const wasDelayed = (evidence: FaultEvidence): boolean =>
  evidence.wires.some((wire) => tookTheDelay(evidence, wire));

export const wentUnanswered = ({ wires }: FaultEvidence): boolean =>
  wires.some(({ end, ms }) => end === 'closed' || ms >= UNANSWERED_MS);

/** A lease of a worker that it touches ended by its deadline before the fault did. */
export const outlastedLease = ({ leases, window, touches }: FaultEvidence): boolean =>
  leases.some(({ worker, deadline }) => touches(worker) && deadline < window.to);

export const struckWhileHeld = ({ leases }: FaultEvidence): boolean => leases.length > 0;

export const wasSeen = ({ seen }: FaultEvidence): boolean => seen;
