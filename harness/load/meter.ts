/** The figures of one round, out of its history: every figure counts operations that are in the file. */
import type { Histogram } from 'hdr-histogram-js';
import type { NemesisValue, TimedEvent } from '../history/events.ts';
import { newHistogram, newHistograms, recordNs } from '../base/histogram.ts';
import type { Ask } from '../subject/load/messages.ts';

/** What of a round is measured. Times are nanoseconds since it began. */
export interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
  /** Length of one point of the series. */
  readonly binNs: number;
  readonly ask: Ask;
  /** Logical clients: client = process mod clients. */
  readonly clients: number;
}

export interface Bin {
  cycles: number;
  errors: number;
  /** Of the grants in it; made when there is one. */
  acquire: Histogram | undefined;
}

export interface FaultSpan {
  readonly id: string;
  readonly hazard: string;
  readonly target: NemesisValue['target'];
  readonly fromNs: number;
  /** Infinity: it was not seen to end. */
  toNs: number;
  /** The first grant after its end. */
  grantNs: number | undefined;
}

interface Open {
  readonly client: number;
  readonly invokedNs: number;
  readonly intendedNs: number | undefined;
  grantedNs: number;
  releasingNs: number;
}

export const FIGURES = ['acquire', 'hold', 'release', 'handover', 'try', 'renew'] as const;

interface OperationValue {
  readonly lease: string;
  readonly intended?: number;
  readonly outcome?: string;
  readonly tookNs?: number;
}

/** Takes the events of one round in order of time. */
export class Meter {
  readonly histograms = newHistograms(FIGURES);
  /** By client. */
  readonly grants = new Map<number, number>();
  /** By operation and kind, such as `acquire LOCK_TIMEOUT`. */
  readonly errors = new Map<string, number>();
  readonly bins: Bin[];
  readonly faults: FaultSpan[] = [];
  /** Finished in the measured stretch. */
  cycles = 0;
  /** Releases of which nobody said what became of them: all of them, with some libraries. */
  unknownReleases = 0;
  /** Attempts that were told that somebody else holds the lock. */
  busy = 0;
  /** Of an open loop: meant to begin in the measured stretch, and not begun. */
  dropped = 0;
  /** Of an open loop: meant to begin in the measured stretch, and begun. */
  begun = 0;
  readonly #stretch: Stretch;
  readonly #leases = new Map<string, Open>();
  /** By key: when the last release was called. */
  readonly #released = new Map<string, number>();

  constructor(stretch: Stretch) {
    this.#stretch = stretch;
    const { fromNs, toNs, binNs } = stretch;
    this.bins = Array.from({ length: Math.max(1, Math.ceil((toNs - fromNs) / binNs)) }, () => ({
      cycles: 0,
      errors: 0,
      acquire: undefined,
    }));
  }

  add(event: TimedEvent): void {
    const { process, f, time } = event;
    if (process === 'nemesis') return this.#fault(event);
    const value = event.value as OperationValue;
    if (typeof process === 'string') {
      if (f === 'renew' && value.tookNs !== undefined) this.#renewed(value, time);
      if (f === 'dropped' && this.#measures(value.intended, time)) this.dropped += 1;
      return;
    }
    if (f === 'acquire') {
      if (event.type !== 'invoke') return this.#answered(event, value);
      const client = process % this.#stretch.clients;
      const intendedNs = value.intended;
      this.#leases.set(value.lease, { client, invokedNs: time, intendedNs, grantedNs: -1, releasingNs: -1 });
      if (intendedNs !== undefined && this.#measures(intendedNs, time)) this.begun += 1;
    } else if (f === 'release') this.#release(event, value);
  }

  /** In a closed loop what ends in the measured stretch counts, in an open one what was meant to begin in it. */
  #measures(intendedNs: number | undefined, endedNs: number): boolean {
    const at = intendedNs ?? endedNs;
    return at >= this.#stretch.fromNs && at < this.#stretch.toNs;
  }

  #bin(time: number): Bin | undefined {
    const { fromNs, toNs, binNs } = this.#stretch;
    return time < fromNs || time >= toNs ? undefined : this.bins[Math.floor((time - fromNs) / binNs)];
  }

  #answered({ type, key = '', time, error }: TimedEvent, { lease: id }: OperationValue): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    const { invokedNs, intendedNs, client } = lease;
    const { ask } = this.#stretch;
    const measured = this.#measures(intendedNs, time);
    const waitedNs = time - (intendedNs ?? invokedNs);
    if (type !== 'ok') {
      this.#leases.delete(id);
      if (error?.code !== 'BUSY') return this.#failed(ask, error?.code ?? 'UNKNOWN', measured, time);
      if (!measured) return;
      this.busy += 1;
      recordNs(this.histograms.try, waitedNs);
      return;
    }
    lease.grantedNs = time;
    for (const fault of this.faults) if (fault.toNs < time) fault.grantNs ??= time;
    const bin = this.#bin(time);
    if (bin !== undefined) recordNs((bin.acquire ??= newHistogram()), waitedNs);
    if (!measured) return;
    recordNs(this.histograms[ask], waitedNs);
    this.grants.set(client, (this.grants.get(client) ?? 0) + 1);
    const released = this.#released.get(key);
    // Only a client that was waiting when the lock was given up measures a handover.
    if (released !== undefined && invokedNs < released) recordNs(this.histograms.handover, time - released);
  }

  #release({ type, key = '', time }: TimedEvent, { lease: id, outcome }: OperationValue): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    const measured = this.#measures(lease.intendedNs, time);
    if (type === 'invoke') {
      lease.releasingNs = time;
      this.#released.set(key, time);
      if (measured) recordNs(this.histograms.hold, time - lease.grantedNs);
      return;
    }
    this.#leases.delete(id);
    const isKnown = type === 'ok';
    if (isKnown && measured) recordNs(this.histograms.release, time - lease.releasingNs);
    if (outcome === 'lost') return this.#failed('release', 'lost', measured, time);
    if (!isKnown && measured) this.unknownReleases += 1;
    const bin = this.#bin(time);
    if (bin === undefined) return;
    bin.cycles += 1;
    this.cycles += 1;
  }

  #renewed({ lease: id, tookNs = 0 }: OperationValue, time: number): void {
    if (this.#measures(this.#leases.get(id)?.intendedNs, time)) recordNs(this.histograms.renew, tookNs);
  }

  #failed(operation: string, kind: string, measured: boolean, time: number): void {
    const bin = this.#bin(time);
    if (bin !== undefined) bin.errors += 1;
    if (!measured) return;
    const name = `${operation} ${kind}`;
    this.errors.set(name, (this.errors.get(name) ?? 0) + 1);
  }

  #fault({ f, value, time }: TimedEvent): void {
    const { fault: id, phase, target } = value as NemesisValue;
    if (f === 'aim') return;
    if (phase === 'start') {
      this.faults.push({ id, hazard: f, target, fromNs: time, toNs: Infinity, grantNs: undefined });
    } else if (phase === 'end') {
      for (const span of this.faults) if (span.id === id && span.toNs === Infinity) span.toNs = time;
    }
  }
}
