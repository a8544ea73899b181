/** A lease without a deadline and without a backend: it is held until it is released. */
import { newToken } from '../token.ts';
import { LeaseLostError } from '../lock.ts';
import type { Lease, ReleaseOutcome } from '../lock.ts';

export class MemoryLease implements Lease {
  readonly key: string;
  readonly token = newToken();
  readonly fencingToken = undefined;
  readonly expiresAt = undefined;
  /** Never aborts: nothing can end this lease but its release. */
  readonly signal: AbortSignal = new AbortController().signal;
  readonly #onRelease: () => void;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(key: string, onRelease: () => void) {
    this.key = key;
    this.#onRelease = onRelease;
  }

  remainingMs(): number {
    return this.#release === undefined ? Infinity : 0;
  }

  renew(): Promise<void> {
    if (this.#release === undefined) return Promise.resolve();
    const message = `lease on ${JSON.stringify(this.key)} has been released`;
    return Promise.reject(new LeaseLostError(message, 'mismatch'));
  }

  onRenewed(): () => void {
    return () => undefined;
  }

  release(): Promise<ReleaseOutcome> {
    if (this.#release === undefined) {
      this.#release = Promise.resolve('released');
      this.#onRelease();
    }
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
