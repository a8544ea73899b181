/** The log of one server of an ensemble. Entries are counted from 1. */
import type { Entry } from './messages.ts';

interface Position {
  readonly index: number;
  readonly term: number;
}

export class Log<Command> {
  readonly #entries: Entry<Command>[] = [];

  get length(): number {
    return this.#entries.length;
  }

  get last(): Position {
    return this.at(this.length);
  }

  entry(index: number): Entry<Command> | undefined {
    return this.#entries[index - 1];
  }

  at(index: number): Position {
    return { index, term: this.entry(index)?.term ?? 0 };
  }

  from(index: number): Entry<Command>[] {
    return this.#entries.slice(index - 1);
  }

  /** The first entry of a term, which is that of the present leader: terms only rise. O(log n) time. */
  firstOf(term: number): number {
    let [from, to] = [1, this.length];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if (this.at(middle).term < term) from = middle + 1;
      else to = middle;
    }
    return to;
  }

  push(entry: Entry<Command>): void {
    this.#entries.push(entry);
  }

  has({ index, term }: Position): boolean {
    return index <= this.length && this.at(index).term === term;
  }

  /** Whether one whose log ends there lacks nothing of this one. */
  isCoveredBy({ index, term }: Position): boolean {
    const { last } = this;
    return term > last.term || (term === last.term && index >= last.index);
  }

  /** Takes over what follows `previous`, in place of what contradicts it. @returns up to where both agree now */
  merge(previous: number, entries: readonly Entry<Command>[]): number {
    for (const [offset, entry] of entries.entries()) {
      const index = previous + offset + 1;
      if (this.entry(index)?.term === entry.term) continue;
      this.#entries.length = index - 1;
      this.#entries.push(entry);
    }
    return previous + entries.length;
  }
}
