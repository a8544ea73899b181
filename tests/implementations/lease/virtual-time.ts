/** Time that passes only when a test says so. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../../../implementations/lease/clock.ts';

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<Entry>();

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry = { at: this.#now + delayMs, callback };
    this.#timers.add(entry);
    return { close: () => this.#timers.delete(entry), unref: () => undefined };
  }

  /** How many timers are set. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass: timers fire in their order, and what they set in motion settles before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#first(until); next !== undefined; next = this.#first(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settle();
    }
    this.#now = until;
  }

  /** A stopped process: time goes by and no timer fires until the next `advance`. */
  pause(ms: number): void {
    this.#now += ms;
  }

  #first(until: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#timers)
      if (entry.at <= until && (first === undefined || entry.at < first.at)) first = entry;
    return first;
  }
}

/** Lets everything that needs no time happen. */
export async function settle(): Promise<void> {
  await nextTurn();
}
