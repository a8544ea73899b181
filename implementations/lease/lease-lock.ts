/** The engine of every lock whose leases have a deadline: the contract on top of a `LeaseBackend`. */
import { checkKey } from '../key.ts';
import { LockBackendError } from '../lock.ts';
import type { AcquireOptions, Health, Inspection, Lease, Lock, TryAcquireOptions } from '../lock.ts';
import { newToken } from '../token.ts';
import { usingLease } from '../using.ts';
import { abortedError, acquireWithin } from './acquire.ts';
import { attempt } from './attempt.ts';
import type { Attempted, AttemptContext } from './attempt.ts';
import type { Grant, LeaseBackend, LeaseRequest } from './backend.ts';
import { HeldLease } from './held-lease.ts';
import type { LeaseSettings } from './held-lease.ts';
import { atLeast, commandTimeoutMsOf, leaseMsOf, settingsOf } from './options.ts';
import type { LeaseLockOptions, Settings } from './options.ts';
import { Undoing } from './undo.ts';
import { Waiting } from './waiting.ts';
import { within } from './within.ts';

/** A call of `acquire` or `tryAcquire`, its options filled in and checked. */
interface Call extends AttemptContext {
  readonly request: Omit<LeaseRequest, 'token'>;
  readonly signal: AbortSignal | undefined;
  readonly renew: boolean;
}

export class LeaseLock implements Lock {
  protected readonly backend: LeaseBackend;
  readonly #settings: Settings;
  readonly #waiting: Waiting;
  readonly #undoing: Undoing;
  #closed = false;

  constructor(backend: LeaseBackend, options: LeaseLockOptions = {}) {
    this.backend = backend;
    this.#settings = settingsOf(options);
    this.#waiting = new Waiting(backend.wakeUps, this.#settings.clock);
    this.#undoing = new Undoing(backend, this.#settings.clock);
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const call = this.#call(key, options);
    const { grant, sentAt } = await acquireWithin(
      {
        key,
        timeoutMs: atLeast('timeoutMs', options.timeoutMs ?? this.#settings.timeoutMs, 0),
        commandTimeoutMs: call.commandTimeoutMs,
        signal: call.signal,
        shared: call.request.mode === 'shared',
        attempt: (limitMs) => this.#attempt(call, limitMs),
      },
      this.#settings,
      this.#waiting,
    );
    return this.hold(call, grant, sentAt);
  }

  async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    const call = this.#call(key, options);
    const attempted = await this.#attempt(call, call.commandTimeoutMs);
    if (attempted.kind === 'granted') return this.hold(call, attempted.grant, attempted.sentAt);
    if (attempted.kind === 'trouble') throw attempted.error;
    if (attempted.kind === 'aborted') throw abortedError(key, call.signal, 'unknown');
    return null;
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    checkKey(key);
    try {
      return await within(this.#settings.clock, this.backend.inspect(key), this.#commandTimeoutMs());
    } catch (error) {
      throw new LockBackendError(`${JSON.stringify(key)} cannot be inspected`, 'definite', { cause: error });
    }
  }

  /** Never rejects. */
  async health(): Promise<Health> {
    const { clock } = this.#settings;
    const startedAt = clock.now();
    try {
      const detail = await within(clock, this.backend.probe(), this.#commandTimeoutMs());
      return { ok: true, latencyMs: clock.now() - startedAt, ...(detail === undefined ? {} : { detail }) };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { ok: false, latencyMs: clock.now() - startedAt, detail };
    }
  }

  /** Resolves when nothing of what failed attempts may have taken is left to undo. */
  drained(): Promise<void> {
    return this.#undoing.drained();
  }

  /** Rejects all who wait and ends the background work, within the time limit of a command. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.close();
    await this.#undoing.stop();
  }

  /** The lease for a grant that has arrived in time. */
  protected hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new HeldLease(settings, grant, sentAt);
  }

  /** Whether a grant that arrives `now` leaves anything of its lease. */
  protected inTime(expiresAt: number, now: number): boolean {
    return now < expiresAt;
  }

  /** @throws InvalidKeyError, RangeError, LockAbortedError */
  #call(key: string, options: TryAcquireOptions): Call {
    checkKey(key);
    const { signal, mode = 'exclusive', owner } = options;
    if (mode === 'shared' && !this.backend.shares) throw new RangeError('this lock has no shared mode');
    const leaseMs = leaseMsOf(this.#settings, options);
    const call: Call = {
      request: { key, leaseMs, mode, owner },
      backend: this.backend,
      clock: this.#settings.clock,
      undoing: this.#undoing,
      commandTimeoutMs: commandTimeoutMsOf(this.#settings, leaseMs),
      inTime: (expiresAt, now) => this.inTime(expiresAt, now),
      signal,
      renew: options.renew ?? this.#settings.renew,
    };
    if (signal?.aborted === true) throw abortedError(key, signal, 'definite');
    return call;
  }

  #attempt(call: Call, limitMs: number): Promise<Attempted> {
    if (this.#closed) throw new LockBackendError('the lock has been closed', 'definite');
    return attempt(call, { ...call.request, token: newToken() }, limitMs, call.signal);
  }

  #commandTimeoutMs(): number {
    return commandTimeoutMsOf(this.#settings, this.#settings.leaseMs);
  }
}
