/** How many schedules a thread is given at once: few of those that take long, so that a search ends when it is to. */
import { availableParallelism } from 'node:os';

/** What a thread is given takes about so long. */
const BATCH_MS = 500;

export class Batches {
  readonly #most: number;
  readonly #now: () => number;
  readonly #began: number;
  #done = 0;

  /**
   * @param most schedules at once
   * @param now milliseconds
   */
  constructor(most: number, now = (): number => performance.now()) {
    this.#most = most;
    this.#now = now;
    this.#began = now();
  }

  /** Schedules that have been run. */
  took(schedules: number): void {
    this.#done += schedules;
  }

  /**
   * One, as long as none has shown what it takes; none, where not even one would end within `leftMs`, as far as those before
   * can tell.
   */
  next(leftMs: number): number {
    if (leftMs <= 0) return 0;
    if (this.#done === 0) return 1;
    const eachMs = ((this.#now() - this.#began) * availableParallelism()) / this.#done;
    if (eachMs > leftMs) return 0;
    return Math.max(1, Math.min(this.#most, Math.floor(Math.min(BATCH_MS, leftMs) / eachMs)));
  }
}
