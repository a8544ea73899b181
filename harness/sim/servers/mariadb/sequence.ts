/**
 * A sequence: MariaDB takes its numbers in blocks, and writes down only where the next block begins. That becomes durable
 * with the next commit of anybody, or within a second. A crash before that gives the block out once more; one after it
 * skips the rest of the block.
 */
const BLOCK = 1000;

export class Sequence {
  #next: number;
  #blockEnd: number;
  #durable: number;

  constructor(first: number) {
    this.#next = first;
    this.#blockEnd = first;
    this.#durable = first;
  }

  /** @param begun called when a block was begun */
  draw(begun: () => void): number {
    if (this.#next === this.#blockEnd) {
      this.#blockEnd += BLOCK;
      begun();
    }
    this.#next += 1;
    return this.#next - 1;
  }

  flush(): void {
    this.#durable = this.#blockEnd;
  }

  crash(): void {
    this.#next = this.#durable;
    this.#blockEnd = this.#durable;
  }
}
