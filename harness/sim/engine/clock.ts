/** A monotonic clock that counts as the quartz of its machine has it. */

/** Where all clocks start, in microseconds. */
export const START_US = 1_000_000;

export class Clock {
  readonly #rate: number;

  /** @param rate microseconds that it counts in one that passes */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Whole microseconds that it shows at `nowUs`. */
  at(nowUs: number): number {
    return this.#rate === 1 ? nowUs : START_US + Math.floor((nowUs - START_US) * this.#rate);
  }

  /** When it gets as far as this, in microseconds, not rounded. */
  when(ownUs: number): number {
    return this.#rate === 1 ? ownUs : START_US + (ownUs - START_US) / this.#rate;
  }
}
