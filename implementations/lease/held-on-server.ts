/** What is held on a server that does not let go of it when the lease ends, by token. */
import type { Clock, Timer } from './clock.ts';

interface Entry<T> {
  readonly value: T;
  readonly timer: Timer;
}

/** Where a lease lies in a session that lasts longer, its end by itself is this process's own work. */
export class HeldOnServer<T> {
  readonly #clock: Clock;
  readonly #onLapse: (value: T, token: string) => void;
  readonly #entries = new Map<string, Entry<T>>();

  /** `onLapse` is called when the time of an entry has come, unless it was moved or forgotten before. */
  constructor(clock: Clock, onLapse: (value: T, token: string) => void) {
    this.#clock = clock;
    this.#onLapse = onLapse;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(token: string): T | undefined {
    return this.#entries.get(token)?.value;
  }

  /** Until the moment `lapsesAt` of the clock. */
  set(token: string, value: T, lapsesAt: number): void {
    this.forget(token);
    const timer = this.#clock.setTimer(() => {
      this.#entries.delete(token);
      this.#onLapse(value, token);
    }, lapsesAt - this.#clock.now());
    timer.unref();
    this.#entries.set(token, { value, timer });
  }

  /** Moves the end of an entry, if it is still there. */
  prolong(token: string, lapsesAt: number): void {
    const entry = this.#entries.get(token);
    if (entry !== undefined) this.set(token, entry.value, lapsesAt);
  }

  /** @returns what was there: of several who end an entry, only the first is given it */
  forget(token: string): T | undefined {
    const entry = this.#entries.get(token);
    entry?.timer.close();
    this.#entries.delete(token);
    return entry?.value;
  }

  /** Nothing lapses any more. */
  close(): void {
    for (const { timer } of this.#entries.values()) timer.close();
  }
}
