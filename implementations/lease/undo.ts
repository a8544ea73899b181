/** Undoing in the background what an attempt may have taken, under its own context: not the caller's cancelled one. */
import type { LeaseBackend, LeaseRequest } from './backend.ts';
import type { Clock } from './clock.ts';
import { within } from './within.ts';

const FIRST_PAUSE_MS = 50;
const KEPT_ALIVE_MS = 1000;
/** In a long outage each attempt leaves something to undo for a whole lease: with long leases they are many at once. */
function longestPauseMs(leaseMs: number): number {
  return Math.min(5000, Math.max(1000, leaseMs / 10));
}

export class Undoing {
  readonly #backend: LeaseBackend;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<void>>();
  /** Ends the pauses between repetitions; set once, by `stop`. */
  #stopped = false;
  readonly #pauses = new Set<() => void>();

  constructor(backend: LeaseBackend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** Repeats until the backend confirms, or until a lease granted only now would have run out by itself. */
  start(request: LeaseRequest, commandTimeoutMs: number): void {
    const work = this.#undo(request, commandTimeoutMs).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** Resolves when nothing is left to undo. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) {
      // The time limit only keeps the process alive: by itself, what nobody awaits does not.
      await within(this.#clock, Promise.all(this.#running), KEPT_ALIVE_MS).catch(ignore);
    }
  }

  /** No repetition from now on; resolves when what is under way has ended, by its time limit at the latest. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const end of this.#pauses) end();
    await this.drained();
  }

  async #undo(request: LeaseRequest, commandTimeoutMs: number): Promise<void> {
    const giveUpAt = this.#clock.now() + request.leaseMs;
    const longestMs = longestPauseMs(request.leaseMs);
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, longestMs)) {
      try {
        await within(this.#clock, this.#backend.undo(request), commandTimeoutMs);
        return;
      } catch {
        // Unknown again: the same once more, for undoing twice does no harm.
      }
      if (this.#stopped || this.#clock.now() + pauseMs >= giveUpAt) return;
      await this.#pause(pauseMs);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#pauses.delete(end);
        timer.close();
        resolve();
      };
      const timer = this.#clock.setTimer(end, ms);
      timer.unref();
      this.#pauses.add(end);
    });
  }
}

/** Time was up: there is something left, and it is waited for again. */
function ignore(): void {}
