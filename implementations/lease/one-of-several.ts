/** Which of several servers to ask: the first as long as it answers, then another for a while. */

/** The first is tried again after this long. */
const AWAY_MS = 5000;

export class OneOfSeveral<T> {
  readonly #all: readonly [T, ...T[]];
  #index = 0;
  #leftAt = -Infinity;

  constructor(all: readonly [T, ...T[]]) {
    this.#all = all;
  }

  get all(): readonly T[] {
    return this.#all;
  }

  /** The one to ask now. */
  get current(): T {
    if (this.#index !== 0 && performance.now() - this.#leftAt >= AWAY_MS) this.#index = 0;
    return this.#all[this.#index] ?? this.#all[0];
  }

  /** It did not answer: the next is asked from now on, unless others who met with the same have moved on already. */
  passOver(one: T): void {
    if (this.#all[this.#index] !== one) return;
    this.#index = (this.#index + 1) % this.#all.length;
    this.#leftAt = performance.now();
  }
}
