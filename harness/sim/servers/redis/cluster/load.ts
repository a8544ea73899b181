/** How busy a server is: commands of the last one and a half seconds, as `instantaneous_ops_per_sec` has it. */
import type { Surroundings } from '../../../network/node.ts';

const PIECE_MS = 100;
const PIECES = 16;

export class Load {
  readonly #around: Surroundings;
  /** Number of the piece of time → commands in it. */
  #counts = new Map<number, number>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  count(): void {
    const piece = this.#piece;
    const counted = this.#counts.get(piece);
    if (counted === undefined) this.#forget(piece);
    this.#counts.set(piece, (counted ?? 0) + 1);
  }

  get commands(): number {
    this.#forget(this.#piece);
    return this.#counts.values().reduce((sum, count) => sum + count, 0);
  }

  crash(): void {
    this.#counts.clear();
  }

  get #piece(): number {
    return Math.floor(this.#around.nowMs() / PIECE_MS);
  }

  #forget(now: number): void {
    for (const piece of this.#counts.keys()) if (piece <= now - PIECES) this.#counts.delete(piece);
  }
}
