/** How long a session surely goes on: by what its leader must have heard of it. */
import { deadlineOf } from '../lease/held-lease.ts';

/** One sign of life of a client; both in milliseconds of its own clock. */
export interface Sign {
  /** The server got it at this moment or later. */
  readonly heardAt: number;
  /** By now at the latest the leader knows of it, if it had not ended the session before. */
  readonly knownBy: number;
}

/** Signs that follow each other more closely than this part of the timeout count as the first of them. */
const SIGNS_PER_TIMEOUT = 64;

/**
 * The leader alone ends sessions, and hears late of clients of the other servers. A session that had been silent may
 * therefore end while its client is being answered: that it stands now does not say for how long. It says so, for a timeout
 * from `heardAt`, if it stands after `knownBy`.
 */
export class SignsOfLife {
  readonly #timeoutMs: number;
  /** The earliest first. */
  #signs: readonly Sign[] = [];

  /** `timeoutMs`: that of the session. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** No older than those before. `now`: the moment of the clock. */
  add(sign: Sign, now: number): void {
    const last = this.#signs.at(-1);
    if (last !== undefined && sign.heardAt - last.heardAt < this.#timeoutMs / SIGNS_PER_TIMEOUT) return;
    this.#signs = [...this.#signs.filter(({ heardAt }) => heardAt + this.#timeoutMs > now), sign];
  }

  /**
   * The earliest moment, not before `from`, at which a session that still stands goes on for `leaseMs` more; `undefined`
   * if another sign of life is needed first.
   */
  sureAt(from: number, leaseMs: number): number | undefined {
    for (const { heardAt, knownBy } of this.#signs) {
      const at = Math.max(from, knownBy);
      if (deadlineOf(heardAt, this.#timeoutMs) >= deadlineOf(at, leaseMs)) return at;
    }
    return undefined;
  }
}
