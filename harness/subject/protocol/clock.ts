/** A subject's monotonic clock, mapped to ours by pings. No two clocks are assumed to be equal. */

/** One ping: `sent` and `read` on our clock, `received` and `answered` on the subject's; all in nanoseconds. */
export interface Ping {
  readonly sent: bigint;
  readonly received: bigint;
  readonly answered: bigint;
  readonly read: bigint;
}

/**
 * How far a subject's clock is ahead of ours: an interval that every ping narrows, as in Cristian's algorithm. Of a moment
 * on the subject's clock it knows the earliest and the latest moment on ours.
 */
export class ClockOffset {
  #least: bigint | undefined;
  #most: bigint | undefined;
  /** The subject says that it reads the very clock that we read. */
  readonly #isOurs: boolean;

  constructor(isOurs: boolean) {
    this.#isOurs = isOurs;
  }

  /** @returns whether the clocks still agree: there is an offset that explains every ping, and it is 0 where it must be */
  narrow({ sent, received, answered, read }: Ping): boolean {
    const least = answered - read;
    const most = received - sent;
    if (this.#isOurs) {
      this.#least = this.#most = 0n;
      return least <= 0n && most >= 0n;
    }
    if (this.#least === undefined || least > this.#least) this.#least = least;
    if (this.#most === undefined || most < this.#most) this.#most = most;
    return this.#least <= this.#most;
  }

  /** On our clock, of a moment on the subject's. */
  earliest(stamp: bigint): bigint {
    return stamp - (this.#most ?? 0n);
  }

  latest(stamp: bigint): bigint {
    return stamp - (this.#least ?? 0n);
  }
}
