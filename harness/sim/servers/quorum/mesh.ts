/** The network between the servers of an ensemble, apart from the one that clients use. */
import type { Surroundings } from '../../network/node.ts';

/** A message takes from this to twice this, in microseconds, one way. */
const LEAST_US = [40, 100, 250, 600];

export class Mesh {
  readonly #around: readonly Surroundings[];
  readonly #leastUs: number;
  /** How many cuts lie between a node and all others. */
  readonly #cuts: number[];
  /** `from to` → when the last message arrives: each direction is first in, first out. */
  readonly #lastArrival = new Map<string, number>();

  constructor(around: readonly Surroundings[]) {
    this.#around = around;
    this.#cuts = around.map(() => 0);
    this.#leastUs = around[0]?.random.pick(LEAST_US) ?? 0;
  }

  /**
   * Runs `receive` at the other node when the message arrives. It is lost when either is cut off, or when the receiver has
   * crashed meanwhile; a receiver that is stopped gets it when it goes on.
   */
  send(from: number, to: number, receive: () => void): void {
    const [sender, receiver] = [this.#around[from], this.#around[to]];
    if (sender === undefined || receiver === undefined || !this.#reaches(from, to)) return;
    const way = `${from} ${to}`;
    const now = sender.nowMs();
    const travelMs = (this.#leastUs + sender.random.whole(0, this.#leastUs)) / 1000;
    const at = Math.max(now + travelMs, this.#lastArrival.get(way) ?? 0);
    this.#lastArrival.set(way, at);
    receiver.arrive(at - now, () => {
      if (this.#reaches(from, to)) receive();
    });
  }

  /** Cuts each of these from all others. @returns the function that ends it */
  isolate(nodes: readonly number[]): () => void {
    for (const node of nodes) this.#cuts[node] = (this.#cuts[node] ?? 0) + 1;
    return () => {
      for (const node of nodes) this.#cuts[node] = (this.#cuts[node] ?? 0) - 1;
    };
  }

  #reaches(from: number, to: number): boolean {
    return this.#cuts[from] === 0 && this.#cuts[to] === 0;
  }
}
