/** The lock of a subject behind the contract: its calls, and what a refusal of the library says of the outcome. */
import {
  InvalidKeyError,
  LockAbortedError,
  LockBackendError,
  LockOutcomeUnknownError,
  LockTimeoutError,
  type AcquireOptions,
  type Health,
  type Inspection,
  type Lease,
  type Lock,
  type LockError,
  type Outcome,
  type TryAcquireOptions,
} from 'holdfast-locks';
import { checkKey } from 'holdfast-locks/internal/key';
import { usingLease } from 'holdfast-locks/internal/using';
import { refusedAt } from '../stamps.ts';
import type { SubjectConnection } from './connection.ts';
import { SubjectLease } from './lease.ts';
import type { Answer } from './messages.ts';
import { SubjectEnded, type Answered } from './process.ts';

const DEFAULT_LEASE_MS = 10_000;
const DEFAULT_WAIT_MS = 10_000;

export class SubjectLock implements Lock {
  readonly #connection: SubjectConnection;
  readonly #prefix: string;
  readonly #held = new Map<string, SubjectLease>();
  #attempts = 0;

  constructor(connection: SubjectConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
    connection.onEvent((event, at) => this.#held.get(event.lease)?.hear(event, at));
  }

  acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    return this.#take(key, options.timeoutMs ?? DEFAULT_WAIT_MS, options);
  }

  async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    try {
      return await this.#take(key, 0, options);
    } catch (error) {
      if (error instanceof LockTimeoutError && error.outcome === 'definite') return null;
      throw error;
    }
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  /** By an attempt, for the protocol has no such question. */
  async inspect(key: string): Promise<Inspection> {
    const lease = await this.tryAcquire(key, { renew: false });
    await lease?.release();
    return { key, held: lease === null };
  }

  /** Its servers answer it: it takes a lock that nobody else needs, or is told that somebody has it. */
  async health(): Promise<Health> {
    const began = performance.now();
    let detail: string | undefined;
    try {
      const lease = await this.tryAcquire('health', { renew: false });
      await lease?.release();
    } catch (error) {
      detail = String(error);
    }
    const latencyMs = performance.now() - began;
    return { ok: detail === undefined, latencyMs, ...(detail === undefined ? {} : { detail }) };
  }

  async #take(key: string, waitMs: number, options: TryAcquireOptions): Promise<SubjectLease> {
    const { signal, leaseMs = DEFAULT_LEASE_MS, renew = true, mode = 'exclusive', owner } = options;
    checkKey(key);
    if (signal?.aborted === true) throw aborted(key, 'definite', signal);
    const lease = `l${this.#attempts++}`;
    const { process } = this.#connection;
    const asking = process.begin({
      ...{ cmd: 'acquire', lease, key: this.#named(key), leaseMs, waitMs, renew, mode },
      ...(owner === undefined || !this.#connection.has('owner') ? {} : { owner }),
    });
    const giveUp = (): void => {
      if (this.#connection.has('abort')) process.ask({ cmd: 'abort', of: asking.id }).catch(() => undefined);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const answered = await asking.answered;
      if (!answered.answer.ok) throw this.#refused(key, answered, signal);
      return await this.#granted(lease, key, answered, signal);
    } catch (error) {
      if (error instanceof SubjectEnded)
        throw new LockOutcomeUnknownError(`${JSON.stringify(key)}: ${error.message}`, { cause: error });
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Every name that a lock writes begins with the prefix of the run. */
  #named(key: string): string {
    return key.startsWith(this.#prefix) ? key : `${this.#prefix}${key}`;
  }

  #refused(key: string, answered: Answered, signal: AbortSignal | undefined): LockError {
    const error = refusal(key, answered.answer, signal);
    // What it does not know it does not try.
    if (answered.answer.code !== 'unsupported') refusedAt.set(error, this.#connection.callOf(answered));
    return error;
  }

  async #granted(id: string, key: string, answered: Answered, signal?: AbortSignal): Promise<SubjectLease> {
    const call = this.#connection.callOf(answered);
    const lease = new SubjectLease(this.#connection, { id, key, call, answer: answered.answer }, () =>
      this.#held.delete(id),
    );
    this.#held.set(id, lease);
    if (signal?.aborted !== true) return lease;
    await lease.release();
    throw aborted(key, 'unknown', signal);
  }
}

const aborted = (key: string, outcome: Outcome, signal: AbortSignal | undefined): LockAbortedError =>
  new LockAbortedError(`waiting for ${JSON.stringify(key)} was aborted`, outcome, { cause: signal?.reason });

/** What a refusal says of the outcome; where it says nothing, nobody knows. */
function refusal(key: string, { code = 'unavailable', outcome, message }: Answer, signal?: AbortSignal): LockError {
  const known: Outcome = outcome === 'definite' ? 'definite' : 'unknown';
  const words = `${JSON.stringify(key)}: ${message ?? code}`;
  switch (code) {
    case 'busy':
    case 'timeout':
      return new LockTimeoutError(words, known);
    case 'aborted':
      return aborted(key, known, signal);
    case 'invalid-key':
      return new InvalidKeyError(words);
    default:
      return new LockBackendError(words, known);
  }
}
