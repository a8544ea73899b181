const REMEMBERED = 256;

/** The last waits of a group of keys, in milliseconds. */
export class RecentWaits {
  readonly #waits: number[] = [];
  #next = 0;
  #sorted: readonly number[] | undefined;

  get count(): number {
    return this.#waits.length;
  }

  add(ms: number): void {
    this.#waits[this.#next] = ms;
    this.#next = (this.#next + 1) % REMEMBERED;
    this.#sorted = undefined;
  }

  /** The shortest that this share of them does not exceed; 0 of none. */
  quantile(share: number): number {
    this.#sorted ??= this.#waits.toSorted((a, b) => a - b);
    return this.#sorted[Math.ceil(share * this.count) - 1] ?? 0;
  }
}
