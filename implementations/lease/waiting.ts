/** Waiting for a lock that is busy: local waiters of a key queue here and share one subscription to its wake-ups. */
import type { WakeUps } from './backend.ts';
import type { Clock, Timer } from './clock.ts';

/** A subscription outlives its last waiter by this long, so that a contended key is not subscribed for every wait. */
const LINGER_MS = 1000;

/** One waiter's place in the queue of its key. */
export interface Place {
  /**
   * Resolves after `ms`, on a hint, or on abort, whichever is first; at once if a hint has been missed since
   * `Waiting.missedHints` returned `missedHints`.
   */
  sleep(ms: number, missedHints: number, signal: AbortSignal | undefined): Promise<void>;
  /** An attempt was answered: the hint that led to it is spent. */
  answered(): void;
  /** Gives the place up. A hint that was not spent goes to the next waiter; with `pass`, there is one in any case. */
  leave(pass: boolean): void;
}

export class Waiting {
  readonly #wakeUps: WakeUps | undefined;
  readonly #clock: Clock;
  readonly #queues = new Map<string, Queue>();

  constructor(wakeUps: WakeUps | undefined, clock: Clock) {
    this.#wakeUps = wakeUps;
    this.#clock = clock;
  }

  /** Hints so far that found nobody asleep: to be read before an attempt, and handed to `Place.sleep` after it. */
  missedHints(key: string): number {
    return this.#queues.get(key)?.missedHints ?? 0;
  }

  enter(key: string): Place {
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = new Queue(this.#clock, this.#wakeUps, key, () => this.#queues.delete(key));
      this.#queues.set(key, queue);
    }
    return queue.enter();
  }

  /** Wakes all who sleep and ends all subscriptions. */
  close(): void {
    for (const queue of this.#queues.values()) queue.close();
  }
}

/** Goes from waiter to waiter until one of them gets an answer, and to each of them once: all may be in the same trouble. */
interface Hint {
  readonly tried: Set<Waiter>;
}

interface Waiter {
  wake: (() => void) | undefined;
  /** Woken by a hint that it has not yet made use of. */
  owes: Hint | undefined;
}

class Queue {
  readonly #clock: Clock;
  /** In the order of their coming, which a waiter keeps from attempt to attempt. */
  readonly #waiters = new Set<Waiter>();
  #unsubscribe: (() => void) | undefined;
  readonly #dispose: () => void;
  #lingering: Timer | undefined;
  /** Hints that found nobody asleep. */
  missedHints = 0;

  constructor(clock: Clock, wakeUps: WakeUps | undefined, key: string, dispose: () => void) {
    this.#clock = clock;
    this.#dispose = dispose;
    this.#unsubscribe = wakeUps?.subscribe(key, () => this.#hint());
  }

  enter(): Place {
    this.#lingering?.close();
    this.#lingering = undefined;
    const waiter: Waiter = { wake: undefined, owes: undefined };
    this.#waiters.add(waiter);
    return {
      sleep: (ms, missedHints, signal) => this.#sleep(waiter, ms, missedHints, signal),
      answered: () => {
        waiter.owes = undefined;
      },
      leave: (pass) => this.#leave(waiter, pass),
    };
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.wake?.();
    this.#end();
  }

  /** Wakes the first who sleeps and has not had it, and only that one. */
  #hint(hint: Hint = { tried: new Set() }): void {
    for (const waiter of this.#waiters) {
      if (waiter.wake === undefined || hint.tried.has(waiter)) continue;
      hint.tried.add(waiter);
      waiter.owes = hint;
      waiter.wake();
      return;
    }
    this.missedHints += 1;
  }

  #sleep(waiter: Waiter, ms: number, missedHints: number, signal: AbortSignal | undefined): Promise<void> {
    // Asleep again without an answer (the attempt failed): somebody else may fare better with that hint.
    const unspent = waiter.owes;
    waiter.owes = undefined;
    if (unspent !== undefined) this.#hint(unspent);
    else if (missedHints !== this.missedHints) return Promise.resolve();
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        waiter.wake = undefined;
        timer.close();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = this.#clock.setTimer(wake, Math.max(1, Math.ceil(ms)));
      signal?.addEventListener('abort', wake, { once: true });
      waiter.wake = wake;
    });
  }

  #leave(waiter: Waiter, pass: boolean): void {
    this.#waiters.delete(waiter);
    if (pass || waiter.owes !== undefined) this.#hint(waiter.owes);
    if (this.#waiters.size > 0) return;
    if (this.#unsubscribe === undefined) {
      this.#end();
      return;
    }
    this.#lingering = this.#clock.setTimer(() => this.#end(), LINGER_MS);
    this.#lingering.unref();
  }

  #end(): void {
    this.#lingering?.close();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#dispose();
  }
}
