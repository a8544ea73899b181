/** What was done to the workers, as far as verdicts depend on it. */
import type { HistoryHeader } from '../history/events.ts';
import { workerOf } from '../history/header.ts';
import type { Sighting } from './leases.ts';
import { Stretches, type Stretch } from './stretches.ts';

/** One fault, from its start (stamped before it was applied) to its end (stamped after it was undone). */
export interface FaultWindow {
  readonly fault: string;
  /** The hazard, or `resource-delay`. */
  readonly f: string;
  readonly worker: number | undefined;
  readonly node: number | undefined;
  readonly from: number;
  /** Infinity where the history does not say. */
  readonly to: number;
  /** When its effects were gone; the end where nothing else is said. */
  readonly healedAt: number;
  readonly refs: readonly number[];
}

/** A worker's event loop stood still. */
export interface Stall {
  readonly worker: number | undefined;
  readonly from: number;
  readonly to: number;
  readonly ref: number;
}

export type Phase = 'start' | 'bit' | 'end' | 'healed';

export interface PhaseEvent extends Sighting {
  readonly fault: string;
  readonly f: string;
  readonly phase: Phase;
  readonly worker: number | undefined;
  readonly node: number | undefined;
}

/** Joins the phases of each fault and target; a fault that starts again after its end has several windows. */
export function faultWindows(phases: readonly PhaseEvent[]): FaultWindow[] {
  const windows: FaultWindow[] = [];
  const byTarget = Map.groupBy(phases, ({ fault, worker, node }) => JSON.stringify([fault, worker, node]));
  for (const ofFault of byTarget.values()) {
    let current: FaultWindow | undefined;
    for (const { fault, f, phase, worker, node, at, ref } of inOrder(ofFault)) {
      if (phase === 'start') {
        if (current !== undefined) windows.push(current);
        current = { fault, f, worker, node, from: at, to: Infinity, healedAt: Infinity, refs: [ref] };
      } else if (current !== undefined && phase === 'end') {
        current = { ...current, to: at, healedAt: at, refs: [...current.refs, ref] };
      } else if (current !== undefined && phase === 'healed') {
        current = { ...current, to: Math.min(current.to, at), healedAt: at, refs: [...current.refs, ref] };
      }
    }
    if (current !== undefined) windows.push(current);
  }
  return windows.toSorted((a, b) => a.from - b.from);
}

const AS_OPENED: readonly Phase[] = ['start', 'bit', 'end', 'healed'];
const AS_CLOSED: readonly Phase[] = ['end', 'healed', 'start', 'bit'];

/** By time; of those at one moment the end of a window that is open comes before the start of the next. */
function inOrder(phases: readonly PhaseEvent[]): PhaseEvent[] {
  const byTime = Map.groupBy(
    phases.toSorted((a, b) => a.at - b.at),
    ({ at }) => at,
  );
  let isOpen = false;
  return [...byTime.values()].flatMap((tied) => {
    const order = isOpen ? AS_CLOSED : AS_OPENED;
    const sorted = tied.toSorted((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase));
    for (const { phase } of sorted) isOpen = phase === 'start' || (isOpen && phase === 'bit');
    return sorted;
  });
}

export type Cause = 'pause' | 'resource-delay' | 'stall';

export interface Excuse {
  readonly cause: Cause;
  readonly from: number;
  readonly to: number;
  readonly refs: readonly number[];
}

export class WorkerFaults {
  readonly windows: readonly FaultWindow[];
  readonly #header: HistoryHeader;
  readonly #stalls: readonly Stall[];
  readonly #firstSeen: ReadonlyMap<number, number>;
  readonly #slowWires: readonly Stretch[];
  #faults: Stretches | undefined;
  #delays: Stretches | undefined;
  readonly #kills = new Map<number, Sighting | undefined>();
  /** Of each worker: when it stalled, or something was done to it or to the servers. */
  readonly #disturbances = new Map<number, Stretches>();

  constructor(
    header: HistoryHeader,
    windows: readonly FaultWindow[],
    stalls: readonly Stall[],
    firstSeen: ReadonlyMap<number, number>,
    /** Of requests to the servers that were answered late, or not. */
    slowWires: readonly Stretch[] = [],
  ) {
    this.#header = header;
    this.windows = windows;
    this.#stalls = stalls;
    this.#firstSeen = firstSeen;
    this.#slowWires = slowWires;
  }

  workerOf(process: number): number {
    return workerOf(this.#header, process) ?? process;
  }

  /**
   * The kill that ended a process: the first of its worker after the process was first seen. After a kill a client goes
   * on under another process number, so this finds the right one also for a call made between stamp and signal.
   */
  killOf(process: number): Sighting | undefined {
    if (this.#kills.has(process)) return this.#kills.get(process);
    const worker = this.workerOf(process);
    const since = this.#firstSeen.get(process) ?? -Infinity;
    const kill = this.windows.find(
      (window) => window.f === 'client-crash' && window.worker === worker && window.from >= since,
    );
    const sighting = kill && { at: kill.from, ref: kill.refs[0] ?? -1 };
    this.#kills.set(process, sighting);
    return sighting;
  }

  /**
   * Did anything that was done to the servers, to this worker or between them, or a stall of the worker, touch
   * [from - margin, to]? `margin` is how long a disturbance is still felt when it is over.
   */
  disturbed(process: number, from: number, to: number, margin: number): boolean {
    return this.#disturbancesOf(this.workerOf(process)).touches(from - margin, to);
  }

  /**
   * Nothing was done to anybody in [from - margin, to], no worker stalled in [from, to] and no server was slow to answer any:
   * whoever waits there waits for the lock alone. `margin` is how long a fault is felt when it is over.
   */
  quiet(from: number, to: number, margin: number): boolean {
    this.#faults ??= new Stretches(this.windows.map((window) => ({ from: window.from, to: window.healedAt })));
    this.#delays ??= new Stretches([...this.#stalls, ...this.#slowWires]);
    return !this.#faults.touches(from - margin, to) && !this.#delays.touches(from, to);
  }

  /** For how long of [from, to] the worker of a process was stopped, or stalled, at most. */
  stoodStill(process: number, from: number, to: number): number {
    const worker = this.workerOf(process);
    const stops = [...this.windows.filter(({ f }) => f === 'client-pause'), ...this.#stalls];
    return stops
      .filter((stop) => stop.worker === worker && stop.from <= to && stop.to >= from)
      .reduce((sum, stop) => sum + Math.min(stop.to, to) - Math.max(stop.from, from), 0);
  }

  /** Under load a worker stalls often: it is not gone through for each wait. */
  #disturbancesOf(worker: number): Stretches {
    const known = this.#disturbances.get(worker);
    if (known !== undefined) return known;
    const windows = this.windows.filter((window) => (window.worker ?? worker) === worker);
    const disturbances = new Stretches([
      ...windows.map((window) => ({ from: window.from, to: window.healedAt })),
      ...this.#stalls.filter((stall) => stall.worker === worker),
    ]);
    this.#disturbances.set(worker, disturbances);
    return disturbances;
  }

  /** A pause, a delay of requests to the resource (where asked for), or a stall of the worker that touches [from, to]. */
  excuse(process: number, from: number, to: number, resource: boolean): Excuse | undefined {
    const worker = this.workerOf(process);
    const touches = (window: { readonly from: number; readonly to: number }): boolean =>
      window.from <= to && window.to >= from;
    const pause = this.windows.find(
      (window) => window.f === 'client-pause' && window.worker === worker && touches(window),
    );
    if (pause !== undefined) return { cause: 'pause', ...pause };
    const delay =
      resource &&
      this.windows.find(
        (window) => window.f === 'resource-delay' && (window.worker ?? worker) === worker && touches(window),
      );
    if (delay) return { cause: 'resource-delay', ...delay };
    const stall = this.#stalls.find((candidate) => candidate.worker === worker && touches(candidate));
    return stall && { cause: 'stall', from: stall.from, to: stall.to, refs: [stall.ref] };
  }
}
