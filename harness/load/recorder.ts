/** Recording at the rate of a benchmark: lines written by hand, in batches. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { HistoryEvent, Process } from '../history/events.ts';
import { monotonicNs, type EventRecorder } from '../history/recorder.ts';

const BATCH_BYTES = 1 << 16;
/** No line of a benchmark is longer. */
const ROOM_BYTES = 1 << 14;

/**
 * What a process records goes to the kernel when there is enough of it. Where a fault may kill the process (`durable`),
 * at each boundary, as in `Recorder`.
 */
export class LoadRecorder implements EventRecorder {
  readonly #file: number;
  readonly #originNs: bigint;
  readonly #durable: boolean;
  readonly #batch = Buffer.allocUnsafe(BATCH_BYTES + ROOM_BYTES);
  #filled = 0;

  constructor(path: string, originNs: bigint, durable: boolean) {
    this.#file = openSync(path, 'a');
    this.#originNs = originNs;
    this.#durable = durable;
  }

  now(): number {
    return Number(monotonicNs() - this.#originNs);
  }

  /** One event as a line of JSON, ASCII, with its newline. */
  line(text: string): void {
    this.#filled += this.#batch.write(text, this.#filled, 'latin1');
    if (this.#filled > BATCH_BYTES) this.#write();
  }

  /** What was recorded outlives the process from now on, where that matters. */
  boundary(): void {
    if (this.#durable) this.#write();
  }

  record(event: HistoryEvent & { readonly time: number }): void {
    const text = `${JSON.stringify(event)}\n`;
    const bytes = Buffer.byteLength(text);
    if (bytes > ROOM_BYTES) {
      this.#write();
      writeSync(this.#file, text);
      return;
    }
    this.#filled += this.#batch.write(text, this.#filled);
    if (this.#filled > BATCH_BYTES) this.#write();
  }

  observe(process: Process, f: string, key: string | undefined, value: unknown, time = this.now()): void {
    this.record({ type: 'info', process, f, ...(key === undefined ? {} : { key }), value, time });
    this.boundary();
  }

  flush(): void {
    this.#write();
  }

  close(): void {
    this.#write();
    closeSync(this.#file);
  }

  #write(): void {
    if (this.#filled === 0) return;
    writeSync(this.#file, this.#batch, 0, this.#filled);
    this.#filled = 0;
  }
}
