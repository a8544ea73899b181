/** The engine of every lock whose leases have a deadline: the contract on top of a `LeaseBackend`. */
import { checkKey } from '../key.ts';
import { LockBackendError } from '../lock.ts';
import type { AcquireOptions, Health, Inspection, Lease, Lock, TryAcquireOptions } from '../lock.ts';
import { newToken } from '../token.ts';
import { usingLease } from '../using.ts';
import { abortedError, acquireWithin } from './acquire.ts';
import type { Call, Door, Granted } from './acquire.ts';
import { attempt } from './attempt.ts';
import type { Attempted, AttemptContext } from './attempt.ts';
import type { Grant, LeaseBackend } from './backend.ts';
import { HeldLease } from './held-lease.ts';
import type { LeaseSettings } from './held-lease.ts';
import { atLeast, commandTimeoutMsOf, leaseMsOf, settingsOf } from './options.ts';
import type { LeaseLockOptions, Settings } from './options.ts';
import { Undoing } from './undo.ts';
import { Waiting } from './waiting.ts';
import { within } from './within.ts';

export class LeaseLock implements Lock {
  protected readonly backend: LeaseBackend;
  protected readonly settings: Settings;
  protected readonly attempts: AttemptContext;
  readonly #door: Door;
  #closed = false;

  constructor(backend: LeaseBackend, options: LeaseLockOptions = {}) {
    const settings = settingsOf(options);
    const { clock } = settings;
    this.backend = backend;
    this.settings = settings;
    this.attempts = {
      backend,
      clock,
      undoing: new Undoing(backend, clock),
      inTime: (expiresAt, now) => this.inTime(expiresAt, now),
    };
    this.#door = {
      settings,
      waiting: new Waiting(backend.wakeUps, clock),
      hasQueue: backend.wait !== undefined,
      knock: (call, limitMs, queues) => this.#attempt(call, limitMs, queues),
      // A courtesy: what is not taken back ends by itself.
      leave: (request) => void backend.leave?.(request).catch(() => undefined),
    };
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const call = this.#call(key, options);
    const timeoutMs = atLeast('timeoutMs', options.timeoutMs ?? this.settings.timeoutMs, 0);
    return this.#hold(call, await this.wait(call, timeoutMs));
  }

  async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    const call = this.#call(key, options);
    const attempted = await this.#attempt(call, call.commandTimeoutMs, false);
    if (attempted.kind === 'granted') return this.#hold(call, attempted);
    if (attempted.kind === 'trouble' || attempted.kind === 'refused') throw attempted.error;
    if (attempted.kind === 'busy') this.#door.leave(attempted.request);
    if (attempted.kind === 'aborted') throw abortedError(key, call.signal, 'unknown');
    return null;
  }

  using<T>(key: string, options: AcquireOptions, routine: (lease: Lease) => Promise<T>): Promise<T> {
    return usingLease(this, key, options, routine);
  }

  async inspect(key: string): Promise<Inspection> {
    checkKey(key);
    try {
      return await within(this.settings.clock, this.backend.inspect(key), this.#commandTimeoutMs());
    } catch (error) {
      throw new LockBackendError(`${JSON.stringify(key)} cannot be inspected`, 'definite', { cause: error });
    }
  }

  /** Never rejects. */
  async health(): Promise<Health> {
    const { clock } = this.settings;
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
    return this.attempts.undoing.drained();
  }

  /** Rejects all who wait and ends the background work, within the time limit of a command. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#door.waiting.close();
    await this.attempts.undoing.stop();
  }

  /** Until it is granted: asking, and asking again when it may be worth it. */
  protected wait(call: Call, timeoutMs: number): Promise<Granted> {
    return acquireWithin(this.#door, call, timeoutMs);
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
    const { signal, mode = 'exclusive', owner, renew = this.settings.renew } = options;
    if (mode === 'shared' && !this.backend.shares) throw new RangeError('this lock has no shared mode');
    const leaseMs = leaseMsOf(this.settings, options);
    if (signal?.aborted === true) throw abortedError(key, signal, 'definite');
    const commandTimeoutMs = commandTimeoutMsOf(this.settings, leaseMs);
    return { key, leaseMs, mode, owner, signal, renew, commandTimeoutMs };
  }

  #attempt(call: Call, limitMs: number, queues: boolean): Promise<Attempted> {
    const { key, leaseMs, mode, owner, commandTimeoutMs, signal } = call;
    if (this.#closed) throw new LockBackendError('the lock has been closed', 'definite');
    const request = { key, token: newToken(), leaseMs, mode, owner };
    return attempt(this.attempts, request, { limitMs, commandTimeoutMs, queues }, signal);
  }

  #hold({ commandTimeoutMs, renew }: Call, { grant, sentAt }: Granted): Lease {
    return this.hold({ backend: this.backend, clock: this.settings.clock, commandTimeoutMs, renew }, grant, sentAt);
  }

  #commandTimeoutMs(): number {
    return commandTimeoutMsOf(this.settings, this.settings.leaseMs);
  }
}
