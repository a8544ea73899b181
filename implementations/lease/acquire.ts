/** Asking until the lock is granted, the caller's time is up, or the caller has gone. */
import { LockAbortedError, LockBackendError, LockTimeoutError } from '../lock.ts';
import type { LockError, Mode, Outcome } from '../lock.ts';
import type { Attempted } from './attempt.ts';
import type { LeaseRequest } from './backend.ts';
import type { Settings } from './options.ts';
import { retryDelayMs } from './retry.ts';
import type { Place, Waiting } from './waiting.ts';

export type Granted = Extract<Attempted, { kind: 'granted' }>;

/** A call of `acquire` or `tryAcquire`, its options filled in and checked. */
export interface Call {
  readonly key: string;
  readonly leaseMs: number;
  readonly mode: Mode;
  readonly owner: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly renew: boolean;
  readonly commandTimeoutMs: number;
}

/** What the waiting needs of the lock. */
export interface Door {
  readonly settings: Settings;
  readonly waiting: Waiting;
  /** Whether the backend keeps waiters in a queue of its own: then one attempt lasts until its turn comes. */
  readonly hasQueue: boolean;
  /** One attempt under a fresh token. */
  readonly knock: (call: Call, limitMs: number, queues: boolean) => Promise<Attempted>;
  /** Its last attempt was "busy", and there will not be another. */
  readonly leave: (request: LeaseRequest) => void;
}

/**
 * While the backend is in trouble it is asked again, too; once time is up, the error is that trouble, for
 * `LockTimeoutError` says that somebody else held the lock.
 *
 * @throws LockTimeoutError, LockAbortedError, LockBackendError, LockOutcomeUnknownError
 */
export async function acquireWithin(door: Door, call: Call, timeoutMs: number): Promise<Granted> {
  const { waiting } = door;
  const { clock, retry, random } = door.settings;
  const { key, commandTimeoutMs, signal } = call;
  const startedAt = clock.now();
  const until = startedAt + timeoutMs;
  const course = new Course(key);
  let place: Place | undefined;
  let granted: Granted | undefined;
  let turnedAway: LeaseRequest | undefined;
  try {
    for (let attempts = 1; ; attempts += 1) {
      const missedHints = waiting.missedHints(key);
      // With no time to wait at all, the one attempt still has a command's time.
      const queues = door.hasQueue && timeoutMs > 0;
      const longestMs = queues ? Infinity : commandTimeoutMs;
      const limitMs = timeoutMs === 0 ? commandTimeoutMs : Math.min(longestMs, until - clock.now());
      const attempted = await door.knock(call, limitMs, queues);
      if (attempted.kind === 'granted' || attempted.kind === 'busy') place?.answered();
      turnedAway = attempted.kind === 'busy' ? attempted.request : undefined;
      if (attempted.kind === 'granted') return (granted = attempted);
      if (attempted.kind === 'refused') throw attempted.error;
      if (attempted.kind === 'aborted') throw abortedError(key, signal, 'unknown');
      course.note(attempted, limitMs < commandTimeoutMs);

      const now = clock.now();
      if (now >= until || attempts >= retry.maxAttempts) throw course.end(now - startedAt);
      let delayMs = retryDelayMs(retry, attempts, random());
      if (attempted.kind === 'busy' && attempted.retryAfterMs !== undefined) {
        // One more millisecond, for a server's expiry has that resolution.
        delayMs = Math.min(delayMs, attempted.retryAfterMs + 1);
      }
      place ??= waiting.enter(key);
      await place.sleep(Math.min(delayMs, until - now), missedHints, signal);
      if (signal?.aborted === true) throw abortedError(key, signal, course.outcome);
      if (clock.now() >= until) throw course.end(clock.now() - startedAt);
    }
  } finally {
    // Shared leases are granted together: whoever is let in lets the next one try.
    place?.leave(granted !== undefined && call.mode === 'shared');
    if (turnedAway !== undefined) door.leave(turnedAway);
  }
}

export function abortedError(key: string, signal: AbortSignal | undefined, outcome: Outcome): LockAbortedError {
  return new LockAbortedError(`waiting for ${JSON.stringify(key)} was aborted`, outcome, { cause: signal?.reason });
}

/** What the attempts of one acquisition have come to. */
export class Course {
  readonly #key: string;
  /** The trouble that the last full attempt met; none if the answer was "busy". */
  #trouble: LockError | undefined;
  /** Unknown as soon as one attempt was: it is being undone, but that too may not have happened yet. */
  outcome: Outcome = 'definite';

  constructor(key: string) {
    this.#key = key;
  }

  /** `short`: the caller's time, not the backend's, limited the attempt, so that it says nothing about the backend. */
  note(attempted: Attempted, short: boolean): void {
    if (attempted.kind === 'busy') this.noteBusy();
    if (attempted.kind === 'trouble') this.noteTrouble(attempted.error, short);
  }

  noteBusy(): void {
    this.#trouble = undefined;
  }

  noteTrouble(error: LockError, short = false): void {
    if (error.outcome === 'unknown') this.outcome = 'unknown';
    if (!short || error.outcome === 'definite') this.#trouble = error;
  }

  end(waitedMs: number): LockError {
    const message = `${JSON.stringify(this.#key)} was not granted within ${Math.round(waitedMs)} ms`;
    if (this.#trouble === undefined) return new LockTimeoutError(message, this.outcome);
    if (this.#trouble.outcome === this.outcome) return this.#trouble;
    return new LockBackendError(message, this.outcome, { cause: this.#trouble });
  }
}
