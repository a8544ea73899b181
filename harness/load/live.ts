/** How a round goes, put together from what the workers say while it lasts. */
import { decode, merged, stretchLatency } from '../base/histogram.ts';
import type { Live } from '../subject/load/messages.ts';
import type { LiveFigures, LoadShape } from './settings.ts';

/** A redrawn line is read no faster. */
const EVERY_MS = 500;

export class LiveBoard {
  readonly everyMs = EVERY_MS;
  readonly #workers: number;
  readonly #totalMs: number;
  readonly #began = performance.now();
  #last = performance.now();
  #said = new Map<number, Live>();

  constructor({ workers, warmUpMs, durationMs }: LoadShape) {
    this.#workers = workers;
    this.#totalMs = warmUpMs + durationMs;
  }

  /** @returns the figures when every worker has said something since the last of them. */
  take(worker: number, live: Live): Omit<LiveFigures, 'lock' | 'doing'> | undefined {
    this.#said.set(worker, live);
    if (this.#said.size < this.#workers) return undefined;
    const all = [...this.#said.values()];
    this.#said = new Map();
    const now = performance.now();
    const sinceMs = now - this.#last;
    this.#last = now;
    const sum = (of: (one: Live) => number): number => all.reduce((total, one) => total + of(one), 0);
    const waits = all.filter(({ acquire }) => acquire !== '').map(({ acquire }) => decode(acquire));
    return {
      elapsedMs: now - this.#began,
      totalMs: this.#totalMs,
      cycles: sum(({ cycles }) => cycles),
      perSecond: (sum(({ cycles }) => cycles) * 1000) / sinceMs,
      errors: sum(({ errors }) => errors),
      waiting: sum(({ waiting }) => waiting),
      acquire: stretchLatency(merged(waits)),
    };
  }
}
