/**
 * Waiting in a queue that the backend keeps, and being handed the lock there.
 *
 * A stay in the queue has one token. Its requests are numbered, and every grant, answered or told, names the last request
 * that the backend had seen when it granted: the deadline counts from the sending of that one. (Counted from the latest
 * one sent, a grant that was long on its way would outlive its key.) A request that is not answered is simply followed by
 * the next; what a stay has taken is undone when it ends without a lease.
 */
import { LockBackendError, LockOutcomeUnknownError, isLockError } from '../lock.ts';
import type { LockError, Outcome } from '../lock.ts';
import { newToken } from '../token.ts';
import { abortedError, Course } from './acquire.ts';
import type { Call, Granted } from './acquire.ts';
import type { AttemptContext } from './attempt.ts';
import type { LeaseBackend, LeaseRequest } from './backend.ts';
import { deadlineOf } from './held-lease.ts';
import type { Settings } from './options.ts';
import { retryDelayMs } from './retry.ts';
import { CutShortError, within } from './within.ts';

/** The lock is the token's; `n` is the last of its requests that the backend had seen by then. */
export interface Handover {
  readonly n: number;
  readonly fencingToken: bigint;
}

export type QueueAnswer =
  | ({ readonly kind: 'granted' } & Handover)
  | {
      readonly kind: 'queued';
      /** When it is worth asking again because of the holder's lease, if it is. */
      readonly retryAfterMs: number | undefined;
    }
  /** Not in the queue, although it was: it has not been heard of for too long, or the backend has lost it. */
  | { readonly kind: 'dropped' };

export interface QueueBackend extends LeaseBackend {
  /** The `n`-th request of its token: the first one queues, the others keep its place and say that it is alive. */
  ask(request: LeaseRequest, n: number): Promise<QueueAnswer>;
  /**
   * Calls `handed` when the backend tells this token that it has been given the lock, and `deaf` when it may have been told while
   * nobody could hear it. Returns the function that ends it.
   */
  listen(token: string, handed: (handover: Handover) => void, deaf: () => void): () => void;
  /** Nobody listens any more. */
  close?(): void;
}

/** A waiter says that it is alive this often per lease, and at least once in `LONGEST_SILENCE_MS`. */
const REQUESTS_PER_LEASE = 3;
const LONGEST_SILENCE_MS = 1000;
/** Who has not been heard of for so many of these is taken for dead. */
const SILENCES = 3;

export function silenceMs(leaseMs: number): number {
  return Math.min(leaseMs / REQUESTS_PER_LEASE, LONGEST_SILENCE_MS);
}

export function aliveMs(leaseMs: number): number {
  return Math.ceil(silenceMs(leaseMs) * SILENCES);
}

export interface QueueDoor {
  readonly settings: Settings;
  readonly attempts: AttemptContext;
  readonly backend: QueueBackend;
  /** The stays that go on, to be ended when the lock is closed. */
  readonly stays: Set<Stay>;
}

/** `late`: it was granted, and nothing was left of the lease when the news arrived. */
type Ending = Granted | 'out of time' | 'aborted' | 'closed' | 'dropped' | 'late';

/** @throws LockTimeoutError, LockAbortedError, LockBackendError, LockOutcomeUnknownError */
export async function acquireInTurn(door: QueueDoor, call: Call, timeoutMs: number): Promise<Granted> {
  const { clock } = door.settings;
  const startedAt = clock.now();
  const course = new Course(call.key);
  let late = false;
  for (;;) {
    const stay = new Stay(door, call, course, startedAt + timeoutMs);
    door.stays.add(stay);
    const ending = await stay.run().finally(() => door.stays.delete(stay));
    if (ending === 'late') {
      stay.undo();
      late = true;
    }
    if (ending === 'dropped' || ending === 'late') continue;
    if (ending === 'aborted' || ending === 'closed') stay.undo();
    if (ending === 'closed') throw new LockBackendError('the lock has been closed', stay.outcome);
    if (ending === 'aborted') throw abortedError(call.key, call.signal, stay.outcome);
    if (ending !== 'out of time') return ending;
    // Most often the backend says at once that nothing is left of it: then the outcome is definite.
    const gone = stay.outcome === 'definite' || (await stay.withdrawn());
    course.outcome = gone && !late ? 'definite' : 'unknown';
    throw course.end(clock.now() - startedAt);
  }
}

/** From the first request of a token to its grant, or until it is given up. */
export class Stay {
  readonly #door: QueueDoor;
  readonly #call: Call;
  readonly #course: Course;
  readonly #until: number;
  readonly #request: LeaseRequest;
  /** When the n-th request was sent, at n - 1. */
  readonly #sentAt: number[] = [];
  /** Whichever comes first: told, answered (also late), or closed. */
  readonly #handed = Promise.withResolvers<Handover | 'closed'>();
  /** Resolves when it is to ask again, for it may have missed the news. */
  #deaf = Promise.withResolvers<'deaf'>();
  #failures = 0;
  /** Unknown as soon as something was sent: it queues, and may be granted the lock until it is withdrawn. */
  outcome: Outcome = 'definite';

  constructor(door: QueueDoor, call: Call, course: Course, until: number) {
    const { key, leaseMs, mode, owner } = call;
    this.#door = door;
    this.#call = call;
    this.#course = course;
    this.#until = until;
    this.#request = { key, token: newToken(), leaseMs, mode, owner };
  }

  async run(): Promise<Ending> {
    const stop = this.#door.backend.listen(this.#request.token, this.#handed.resolve, () => this.#deaf.resolve('deaf'));
    try {
      for (;;) {
        const delayMs = await this.#ask();
        if (typeof delayMs !== 'number') return delayMs;
        const ending = await this.#wait(delayMs);
        if (ending !== undefined) return ending;
      }
    } finally {
      stop();
    }
  }

  close(): void {
    this.#handed.resolve('closed');
  }

  undo(): void {
    if (this.outcome === 'unknown') this.#door.attempts.undoing.start(this.#request, this.#call.commandTimeoutMs);
  }

  /** Undoes it, and answers whether that is confirmed in time. */
  async withdrawn(): Promise<boolean> {
    const { attempts, backend, settings } = this.#door;
    const { commandTimeoutMs } = this.#call;
    try {
      await within(settings.clock, backend.undo(this.#request), commandTimeoutMs);
      return true;
    } catch {
      // As after every other failure, it goes on in the background.
      attempts.undoing.start(this.#request, commandTimeoutMs);
      return false;
    }
  }

  /** One request; answers how long to wait, at most, before the next. */
  async #ask(): Promise<number | Ending> {
    const { clock, retry, random } = this.#door.settings;
    const { leaseMs, commandTimeoutMs, signal } = this.#call;
    const now = clock.now();
    if (now >= this.#until) return 'out of time';
    const n = this.#sentAt.push(now);
    const limitMs = Math.min(commandTimeoutMs, this.#until - now);
    const wasUnknown = this.outcome;
    this.outcome = 'unknown';
    let answer: QueueAnswer | Handover | 'closed';
    try {
      answer = await within(clock, Promise.race([this.#send(n), this.#handed.promise]), limitMs, signal);
    } catch (error) {
      if (error instanceof CutShortError && error.by === 'caller') return 'aborted';
      const trouble = this.#trouble(error);
      if (trouble.outcome === 'definite') this.outcome = wasUnknown;
      this.#course.note({ kind: 'trouble', error: trouble }, limitMs < commandTimeoutMs);
      this.#failures += 1;
      if (this.#sentAt.length >= retry.maxAttempts) return 'out of time';
      return Math.min(silenceMs(leaseMs), retryDelayMs(retry, this.#failures, random()));
    }
    if (answer === 'closed') return 'closed';
    if (!('kind' in answer) || answer.kind === 'granted') return this.#granted(answer);
    this.#failures = 0;
    this.#course.note({ kind: 'busy', retryAfterMs: undefined, request: this.#request }, false);
    if (answer.kind === 'dropped') return 'dropped';
    if (this.#sentAt.length >= retry.maxAttempts) return 'out of time';
    const silence = silenceMs(leaseMs) * (1 - 0.2 * random());
    // One more millisecond, for a server's expiry has that resolution.
    return answer.retryAfterMs === undefined ? silence : Math.min(silence, answer.retryAfterMs + 1);
  }

  async #send(n: number): Promise<QueueAnswer> {
    const answer = await this.#door.backend.ask(this.#request, n);
    if (answer.kind === 'granted') this.#handed.resolve(answer);
    return answer;
  }

  async #wait(delayMs: number): Promise<Ending | undefined> {
    const { clock } = this.#door.settings;
    try {
      const limitMs = Math.max(0, Math.min(delayMs, this.#until - clock.now()));
      const news = Promise.race([this.#handed.promise, this.#deaf.promise]);
      const handed = await within(clock, news, limitMs, this.#call.signal);
      if (handed === 'deaf') {
        this.#deaf = Promise.withResolvers();
        return undefined;
      }
      return handed === 'closed' ? 'closed' : this.#granted(handed);
    } catch (error) {
      if (!(error instanceof CutShortError)) throw error;
      if (error.by === 'caller') return 'aborted';
      return clock.now() >= this.#until ? 'out of time' : undefined;
    }
  }

  #granted({ n, fencingToken }: Handover): Ending {
    const { attempts, settings } = this.#door;
    const sentAt = this.#sentAt[n - 1];
    const { key, leaseMs } = this.#request;
    if (sentAt !== undefined && attempts.inTime(deadlineOf(sentAt, leaseMs), settings.clock.now())) {
      return { kind: 'granted', grant: { ...this.#request, fencingToken }, sentAt };
    }
    const message = `the grant of ${JSON.stringify(key)} arrived after its own deadline`;
    this.#course.note({ kind: 'trouble', error: new LockBackendError(message, 'unknown') }, false);
    return 'late';
  }

  #trouble(error: unknown): LockError {
    if (isLockError(error)) return error;
    return new LockOutcomeUnknownError(`no answer to the request for ${JSON.stringify(this.#request.key)}`, {
      cause: error,
    });
  }
}
