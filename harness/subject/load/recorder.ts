/** Recording at the rate of a benchmark: numbers first, lines of them in batches. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { HistoryEvent, Process } from '../../history/events.ts';
import { monotonicNs, type EventRecorder } from '../../history/recorder.ts';

/** What happens in a cycle, in its order. */
export const STEP = {
  ask: 0,
  grant: 1,
  read: 2,
  write: 3,
  letGo: 4,
  released: 5,
  done: 6,
  lost: 7,
  unknown: 8,
} as const;
type Step = (typeof STEP)[keyof typeof STEP];

/** So many steps are written as lines at a time, and so many characters go to the kernel. */
const ROWS = 128;
const BATCH = 1 << 16;
const AT = { step: 0, process: 1, key: 2, cycle: 3, time: 4, value: 5 } as const;
const COLUMNS = 6;

export interface LoadRecording {
  readonly path: string;
  /** The moment of `monotonicNs` at which the run began. */
  readonly originNs: bigint;
  /** Whether what is recorded must outlive a kill at any moment. */
  readonly durable: boolean;
  readonly keys: readonly string[];
  /** Logical clients: client = process mod clients. */
  readonly clients: number;
  readonly incarnation: number;
}

/**
 * What a process records goes to the kernel when there is enough of it; where a fault may kill the process, at each
 * boundary, as in `Recorder`. To write lines in each step of a cycle would be a good part of it: a step is a row of
 * numbers until there are enough of them.
 */
export class LoadRecorder implements EventRecorder {
  readonly #file: number;
  readonly #recording: LoadRecording;
  /** As JSON. */
  readonly #keys: readonly string[];
  readonly #rows = new Float64Array(ROWS * COLUMNS);
  readonly #fences: (bigint | undefined)[] = Array.from({ length: ROWS }, () => undefined);
  #filled = 0;
  #text = '';

  constructor(recording: LoadRecording) {
    this.#file = openSync(recording.path, 'a');
    this.#recording = recording;
    this.#keys = recording.keys.map((key) => JSON.stringify(key));
  }

  now(): number {
    return this.at(monotonicNs());
  }

  at(moment: bigint): number {
    return Number(moment - this.#recording.originNs);
  }

  /** The harness's id of a client's attempt. */
  leaseOf(process: number, cycle: number): string {
    return `${process % this.#recording.clients}.${this.#recording.incarnation}.${cycle}`;
  }

  /**
   * @param value of `ask` when it was meant to begin, of `grant` the deadline, of `read` and `write` what was seen; -1: none
   */
  step(step: Step, process: number, key: number, cycle: number, time: number, value = -1, fence?: bigint): void {
    const rows = this.#rows;
    const at = this.#filled * COLUMNS;
    rows[at + AT.step] = step;
    rows[at + AT.process] = process;
    rows[at + AT.key] = key;
    rows[at + AT.cycle] = cycle;
    rows[at + AT.time] = time;
    rows[at + AT.value] = value;
    this.#fences[this.#filled] = fence;
    this.#filled += 1;
    if (this.#filled === ROWS) this.#format();
  }

  /** What was recorded outlives the process from now on, where that matters. */
  boundary(): void {
    if (this.#recording.durable) this.flush();
  }

  record(event: HistoryEvent & { readonly time: number }): void {
    this.#format();
    this.#text += `${JSON.stringify(event)}\n`;
  }

  observe(process: Process, f: string, key: string | undefined, value: unknown, time = this.now()): void {
    this.record({ type: 'info', process, f, ...(key === undefined ? {} : { key }), value, time });
    this.boundary();
  }

  flush(): void {
    this.#format();
    this.#write();
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }

  #format(): void {
    for (let row = 0; row < this.#filled; row += 1) this.#text += this.#line(row);
    this.#filled = 0;
    if (this.#text.length > BATCH) this.#write();
  }

  #write(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    writeSync(this.#file, text);
  }

  #line(row: number): string {
    const at = (column: number): number => this.#rows[row * COLUMNS + column] ?? 0;
    const process = at(AT.process);
    const value = at(AT.value);
    const lease = `"key":${this.#keys[at(AT.key)]},"value":{"lease":"${this.leaseOf(process, at(AT.cycle))}"`;
    const time = `"time":${at(AT.time)}}\n`;
    const acquire = `"process":${process},"f":"acquire",${lease}`;
    const release = `"process":${process},"f":"release",${lease}`;
    const use = `"process":"resource",${lease},"door":"plain"`;
    switch (at(AT.step) as Step) {
      case STEP.ask:
        return `{"type":"invoke",${acquire}${value < 0 ? '' : `,"intended":${value}`}},${time}`;
      case STEP.grant: {
        const fence = this.#fences[row];
        const answer = `${fence === undefined ? '' : `,"fence":"${fence}"`}${value < 0 ? '' : `,"deadline":${value}`}`;
        return `{"type":"ok",${acquire}${answer}},${time}`;
      }
      case STEP.read:
        return `{"type":"info","f":"read",${use},"value":${value},"accepted":true},${time}`;
      case STEP.write:
        return `{"type":"info","f":"write",${use},"from":${value},"to":${value + 1},"accepted":true},${time}`;
      case STEP.letGo:
        return `{"type":"invoke",${release}},${time}`;
      case STEP.released:
        return `{"type":"ok",${release},"outcome":"released"},${time}`;
      case STEP.done:
        return `{"type":"ok",${release},"outcome":"done"},${time}`;
      case STEP.lost:
        return `{"type":"ok",${release},"outcome":"lost"},${time}`;
      case STEP.unknown:
        return `{"type":"info",${release}},${time}`;
    }
  }
}
