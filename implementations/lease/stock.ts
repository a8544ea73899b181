/** Leases or sessions on a server that an acquisition has done with, kept a moment for the next one. */
import type { Clock, Timer } from './clock.ts';

/** An idle one is not kept for longer than this, nor for more than half of what is left of it. */
const LINGER_MS = 2000;

/**
 * By how much what is made for a lease outlives it, in milliseconds: so long it may serve another lease without renewal. It
 * is also by how much longer a dead process keeps others waiting.
 */
export function spareMs(leaseMs: number): number {
  return Math.max(400, leaseMs / 10);
}

/** Something on the server that lasts `ttlMs` from its last renewal, at least. */
export interface Mortal {
  readonly id: string;
  readonly ttlMs: number;
  /** Before the last renewal that was confirmed was sent. */
  renewedAt: number;
}

/**
 * To make one costs a write that every acquisition would have to wait for. Each serves one acquisition at a time, and only
 * one whose end is certain may be put back: of any other, a late command could still come.
 */
export class Stock<T extends Mortal> {
  readonly #clock: Clock;
  readonly #dispose: (item: T) => void;
  readonly #items = new Map<T, Timer>();

  /** `dispose` ends one on the server, as far as it can. */
  constructor(clock: Clock, dispose: (item: T) => void) {
    this.#clock = clock;
    this.#dispose = dispose;
  }

  /** One that lasts for `leaseMs` from now on without another renewal. */
  take(leaseMs: number): T | undefined {
    const now = this.#clock.now();
    for (const [item, timer] of this.#items) {
      if (item.renewedAt + item.ttlMs < now + leaseMs) continue;
      timer.close();
      this.#items.delete(item);
      return item;
    }
    return undefined;
  }

  put(item: T): void {
    const restMs = item.renewedAt + item.ttlMs - this.#clock.now();
    if (restMs <= 0) return;
    const timer = this.#clock.setTimer(
      () => {
        this.#items.delete(item);
        this.#dispose(item);
      },
      Math.min(LINGER_MS, restMs / 2),
    );
    timer.unref();
    this.#items.set(item, timer);
  }

  /** Empties it. @returns what was in it */
  drain(): T[] {
    const items = [...this.#items.keys()];
    for (const timer of this.#items.values()) timer.close();
    this.#items.clear();
    return items;
  }
}
