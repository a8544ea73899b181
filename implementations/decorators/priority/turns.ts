/** Who of those that wait for a key in this process asks next. */
import type { Clock } from '../../lease/clock.ts';

/** `late`: the time of the one who waited was up before. */
export type Turn = 'turn' | 'late' | 'aborted';

interface Waiter {
  readonly rank: number;
  readonly call: () => void;
}

/** One asks at a time. */
export class Turns {
  readonly #clock: Clock;
  /** The highest rank first; of one rank, who came first. */
  readonly #waiters: Waiter[] = [];
  #taken = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get idle(): boolean {
    return !this.#taken && this.#waiters.length === 0;
  }

  /** Whoever is answered `turn` must call `pass`. */
  take(rank: number, waitMs: number, signal: AbortSignal | undefined): Promise<Turn> {
    if (signal?.aborted === true) return Promise.resolve('aborted');
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve('turn');
    }
    return new Promise((resolve) => {
      const waiter: Waiter = { rank, call: () => end('turn') };
      const timer = this.#clock.setTimer(() => end('late'), waitMs);
      const abort = (): void => end('aborted');
      const end = (turn: Turn): void => {
        timer.close();
        signal?.removeEventListener('abort', abort);
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        resolve(turn);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const behind = this.#waiters.findIndex((other) => other.rank < rank);
      this.#waiters.splice(behind < 0 ? this.#waiters.length : behind, 0, waiter);
    });
  }

  pass(): void {
    const [next] = this.#waiters;
    this.#taken = next !== undefined;
    next?.call();
  }
}
