/** The history format: NDJSON in Jepsen's vocabulary, version 1. `docs/history-format.md` describes it for other tools. */

export const HISTORY_VERSION = 1;

export interface HistoryHeader {
  readonly holdfast: 'history';
  readonly version: number;
  readonly run?: string;
  readonly model?: string;
  /** Logical clients: client = process mod clients. */
  readonly clients?: number;
  /** Worker processes: worker = client mod workers. */
  readonly workers?: number;
  readonly permits?: number;
  /** Bound of the liveness verdict in nanoseconds. */
  readonly recoverNs?: number;
  /** How long whoever waits may take to be granted a lock that was released, in nanoseconds: of `handover`. */
  readonly handoverNs?: number;
  /** How much longer than it was told to wait an acquire may take, in nanoseconds: of `responsiveness`. */
  readonly settleNs?: number;
  /** How often one wait may be bypassed: of the verdicts on fairness and sharing. */
  readonly bypass?: number;
  /** What those verdicts and the one on reentrancy allow for handing over and for being slow, in nanoseconds. */
  readonly allowanceNs?: number;
}

/** An integer is one logical client with at most one open operation; a string is an observation (always `info`). */
export type Process = number | string;

export interface HistoryEvent {
  readonly index?: number;
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  readonly process: Process;
  readonly f: string;
  readonly key?: string;
  readonly value?: unknown;
  /** Nanoseconds since the run began, one clock for the whole file. */
  readonly time?: number;
  /** `refused`: the words by which a server refused it. */
  readonly error?: { readonly code: string; readonly refused?: string };
}

/** As every process of a run records it. */
export type TimedEvent = HistoryEvent & { readonly time: number };

export type Door = 'plain' | 'fenced';
export interface FaultTarget {
  readonly worker?: number;
  readonly node?: number;
}
/** `f` is the hazard. `start` is stamped before the fault is applied, `end` after it was undone, `bit` when it showed. */
export interface NemesisValue {
  readonly fault: string;
  readonly phase: 'start' | 'bit' | 'end' | 'healed';
  readonly target: FaultTarget;
}

/** How unequally clocks run in a simulated run, by the harness: by up to this part fast or slow. */
export interface ClocksValue {
  readonly skew: number;
}

/** A request to a node that was answered late, or not: the connection closed under it, or it is open still. */
export interface WireObservation {
  readonly node: number;
  readonly ms: number;
  readonly end: 'reply' | 'closed' | 'open';
}

/** A call of the file system that a fault of the shared folder has struck: refused, late by so much, or told what is no longer so. */
export interface FileObservation {
  readonly call: string;
  readonly what: 'refused' | 'late' | 'stale';
  readonly ms: number;
}
