/** Stretches of time, for asking what lies within any of them. */
import { below } from './bypass.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export class Stretches {
  /** Ascending, and apart from each other. */
  readonly #merged: readonly Stretch[];
  readonly #starts: readonly number[];

  /** Both ends belong to a stretch. One that ends before it begins is none. O(n log n). */
  constructor(stretches: readonly Stretch[]) {
    const merged: { from: number; to: number }[] = [];
    for (const { from, to } of stretches.filter((one) => one.to >= one.from).toSorted((a, b) => a.from - b.from)) {
      const last = merged.at(-1);
      if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
      else merged.push({ from, to });
    }
    this.#merged = merged;
    this.#starts = merged.map(({ from }) => from);
  }

  covers(at: number): boolean {
    return this.touches(at, at);
  }

  /** Is any moment of [from, to] in a stretch? */
  touches(from: number, to: number): boolean {
    // The last stretch that begins at `to` or before ends latest among these.
    const before = below(this.#starts, to);
    const last = this.#starts[before] === to ? this.#merged[before] : this.#merged[before - 1];
    return last !== undefined && last.to >= from;
  }

  /** The beginning of the first stretch at `at` or later; Infinity if there is none. */
  nextAfter(at: number): number {
    return this.#starts[below(this.#starts, at)] ?? Infinity;
  }
}
