/** Writing a process's share of a history so that not even SIGKILL loses what was recorded before a boundary. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { HistoryEvent, Process } from './events.ts';

/** Nanoseconds on CLOCK_MONOTONIC, one clock for all processes of a machine. */
export const monotonicNs = (): bigint => process.hrtime.bigint();

/** Where a process records what it sees. */
export interface EventRecorder {
  /** Nanoseconds since the run began. */
  now(): number;
  /** The same of a moment of `monotonicNs`. */
  at(monotonicNs: bigint): number;
  record(event: HistoryEvent & { readonly time: number }): void;
  /** Records an observation and makes it outlive the process. */
  observe(process: Process, f: string, key: string | undefined, value: unknown, time?: number): void;
  /** What was recorded outlives the process from now on. */
  flush(): void;
}

/**
 * Collects events and hands them to the kernel in one write at each boundary: before any call that leaves the process.
 * What was recorded and not flushed when the process is killed had no effect outside of it.
 */
export class Recorder implements EventRecorder {
  readonly #file: number;
  readonly #originNs: bigint;
  #pending = '';

  /** @param originNs the moment of `monotonicNs` at which the run began. */
  constructor(path: string, originNs: bigint) {
    this.#file = openSync(path, 'a');
    this.#originNs = originNs;
  }

  /** Nanoseconds since the run began. */
  now(): number {
    return this.at(monotonicNs());
  }

  at(moment: bigint): number {
    return Number(moment - this.#originNs);
  }

  record(event: HistoryEvent & { readonly time: number }): void {
    this.#pending += `${JSON.stringify(event)}\n`;
  }

  /** Records an observation and writes it at once. */
  observe(process: Process, f: string, key: string | undefined, value: unknown, time = this.now()): void {
    this.record({ type: 'info', process, f, ...(key === undefined ? {} : { key }), value, time });
    this.flush();
  }

  flush(): void {
    if (this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    writeSync(this.#file, text);
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}
