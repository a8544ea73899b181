/** One attempt to be granted a lock: its time limit, its ambiguity and its lateness. */
import { LockBackendError, LockOutcomeUnknownError, isLockError } from '../lock.ts';
import type { LockError } from '../lock.ts';
import type { Answer, Grant, LeaseBackend, LeaseRequest } from './backend.ts';
import type { Clock } from './clock.ts';
import { deadlineOf } from './held-lease.ts';
import { noConnection } from './no-connection.ts';
import type { Undoing } from './undo.ts';
import { inQueue } from './queue.ts';
import { CutShortError, within } from './within.ts';

export type Attempted =
  | { readonly kind: 'granted'; readonly grant: Grant; readonly sentAt: number }
  | { readonly kind: 'busy'; readonly retryAfterMs: number | undefined; readonly request: LeaseRequest }
  | { readonly kind: 'refused'; readonly error: LockError }
  | { readonly kind: 'trouble'; readonly error: LockError }
  /** The caller's signal aborted while the answer was outstanding. */
  | { readonly kind: 'aborted' };

/** What is the same for all attempts of one lock. */
export interface AttemptContext {
  readonly backend: LeaseBackend;
  readonly clock: Clock;
  readonly undoing: Undoing;
  /** Whether a grant that arrives `now` leaves anything of its lease. */
  readonly inTime: (expiresAt: number, now: number) => boolean;
}

export interface Limits {
  /** How long the answer may take: at most `commandTimeoutMs`, or, where `queues`, however long the caller waits. */
  readonly limitMs: number;
  readonly commandTimeoutMs: number;
  /** Take a place in the backend's own queue rather than an answer at once. */
  readonly queues: boolean;
}

/** Never rejects. Whatever may have been taken without being returned is undone in the background. */
export async function attempt(
  context: AttemptContext,
  request: LeaseRequest,
  { limitMs, commandTimeoutMs, queues }: Limits,
  signal: AbortSignal | undefined,
): Promise<Attempted> {
  const { backend, clock, undoing } = context;
  const sentAt = clock.now();
  let answer: Answer;
  try {
    answer = await (queues
      ? inQueue(clock, (patience) => waitIn(backend, request, patience), limitMs, commandTimeoutMs, signal)
      : within(clock, backend.attempt(request), limitMs, signal));
  } catch (error) {
    if (isLockError(error) && error.outcome === 'definite') return { kind: 'trouble', error };
    const unsent = error instanceof CutShortError && backend.withdraw?.(request) === true;
    if (!unsent) undoing.start(request, commandTimeoutMs);
    if (error instanceof CutShortError && error.by === 'caller') return { kind: 'aborted' };
    if (unsent) return { kind: 'trouble', error: noConnection(clock.now() - sentAt, error) };
    return { kind: 'trouble', error: unknownOutcome(request.key, error) };
  }
  if (answer.kind === 'busy') {
    if (answer.partial === true) undoing.start(request, commandTimeoutMs);
    return { kind: 'busy', retryAfterMs: answer.retryAfterMs, request };
  }
  if (answer.kind === 'refused') return answer;
  if (queues && signal?.aborted === true) {
    undoing.start(request, commandTimeoutMs);
    return { kind: 'aborted' };
  }
  const { countedFrom = sentAt, leaseMs = request.leaseMs, fencingToken } = answer;
  if (!context.inTime(deadlineOf(countedFrom, leaseMs), clock.now())) {
    undoing.start(request, commandTimeoutMs);
    const message = `the grant of ${JSON.stringify(request.key)} arrived after its own deadline`;
    return { kind: 'trouble', error: new LockBackendError(message, 'unknown') };
  }
  const { key, token, mode, owner } = request;
  return { kind: 'granted', grant: { key, token, leaseMs, mode, owner, fencingToken }, sentAt: countedFrom };
}

function waitIn(backend: LeaseBackend, request: LeaseRequest, patience: AbortSignal): Promise<Answer> {
  return backend.wait?.(request, patience) ?? backend.attempt(request);
}

function unknownOutcome(key: string, error: unknown): LockError {
  if (isLockError(error)) return error;
  return new LockOutcomeUnknownError(`no answer to the request for ${JSON.stringify(key)}`, { cause: error });
}
