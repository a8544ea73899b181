/** How many schedules a thread is given at once: few of those that take long, so that a search ends about when it is to. */
import { availableParallelism } from 'node:os';

/** What a thread is given takes about so long. */
const BATCH_MS = 500;

export class Batches {
  readonly #most: number;
  readonly #began = performance.now();
  #done = 0;

  /** @param most schedules at once */
  constructor(most: number) {
    this.#most = most;
  }

  /** Schedules that have been run. */
  took(schedules: number): void {
    this.#done += schedules;
  }

  /** One, as long as none has shown what it takes. */
  get next(): number {
    if (this.#done === 0) return 1;
    const eachMs = ((performance.now() - this.#began) * availableParallelism()) / this.#done;
    return Math.max(1, Math.min(this.#most, Math.floor(BATCH_MS / eachMs)));
  }
}
