/** The engine of every lock that a server keeps for a connection: the contract on top of a `HolderBackend`. */
import { checkKey } from '../key.ts';
import { LockBackendError, LockOutcomeUnknownError, isLockError } from '../lock.ts';
import type { AcquireOptions, Health, Inspection, Lease, Lock, LockError, TryAcquireOptions } from '../lock.ts';
import { Course, abortedError } from '../lease/acquire.ts';
import { atLeast, commandTimeoutMsOf, leaseMsOf, settingsOf } from '../lease/options.ts';
import type { LeaseLockOptions, Settings } from '../lease/options.ts';
import { retryDelayMs } from '../lease/retry.ts';
import { noConnection } from '../lease/no-connection.ts';
import { CutShortError, within } from '../lease/within.ts';
import { usingLease } from '../using.ts';
import type { HeldGrant, Holder, HolderBackend } from './backend.ts';
import { ConnectionLease } from './connection-lease.ts';

/**
 * `leaseMs` is no deadline here, but the bound within which a connection that has fallen silent is noticed: a heartbeat is
 * sent three times as often. Server-side waiting is limited, so that a waiter whose connection is silent asks again.
 */
export type ConnectionLockOptions = Omit<LeaseLockOptions, 'renew'>;

/** A waiter's request stays at the server for so long; then it is made again, behind all who came meanwhile. */
const LONGEST_WAIT_MS = 30_000;
const HEARTBEATS_PER_LEASE = 3;

interface Call {
  readonly key: string;
  readonly leaseMs: number;
  readonly commandTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

type Attempted =
  | { readonly kind: 'granted'; readonly grant: HeldGrant; readonly holder: Holder }
  | { readonly kind: 'busy' }
  | { readonly kind: 'trouble'; readonly error: LockError }
  | { readonly kind: 'aborted' };

export class ConnectionLock implements Lock {
  readonly #backend: HolderBackend;
  readonly #settings: Settings;
  readonly #leases = new Set<ConnectionLease>();
  /** Connections on which an answer is awaited. */
  readonly #asking = new Set<Holder>();
  #closed = false;

  constructor(backend: HolderBackend, options: ConnectionLockOptions = {}) {
    this.#backend = backend;
    this.#settings = settingsOf(options);
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Lease> {
    const call = this.#call(key, options);
    const { clock, retry, random, timeoutMs: usual } = this.#settings;
    const startedAt = clock.now();
    const until = startedAt + atLeast('timeoutMs', options.timeoutMs ?? usual, 0);
    const course = new Course(key);
    for (let attempts = 1; ; attempts += 1) {
      const attempted = await this.#attempt(call, Math.max(0, until - clock.now()));
      if (attempted.kind === 'granted') return this.#hold(call, attempted);
      if (attempted.kind === 'aborted') throw abortedError(key, call.signal, 'unknown');
      if (attempted.kind === 'busy') course.noteBusy();
      else course.noteTrouble(attempted.error);
      const now = clock.now();
      if (now >= until || attempts >= retry.maxAttempts) throw course.end(now - startedAt);
      // Who was told "busy" has waited already.
      if (attempted.kind === 'busy') continue;
      await this.#pause(Math.min(retryDelayMs(retry, attempts, random()), until - now), call.signal);
      if (call.signal?.aborted === true) throw abortedError(key, call.signal, course.outcome);
    }
  }

  async tryAcquire(key: string, options: TryAcquireOptions = {}): Promise<Lease | null> {
    const call = this.#call(key, options);
    const attempted = await this.#attempt(call, 0);
    if (attempted.kind === 'granted') return this.#hold(call, attempted);
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
      return await within(this.#settings.clock, this.#backend.inspect(key), this.#commandTimeoutMs());
    } catch (error) {
      throw new LockBackendError(`${JSON.stringify(key)} cannot be inspected`, 'definite', { cause: error });
    }
  }

  /** Never rejects. */
  async health(): Promise<Health> {
    const { clock } = this.#settings;
    const startedAt = clock.now();
    try {
      const detail = await within(clock, this.#backend.probe(), this.#commandTimeoutMs());
      return { ok: true, latencyMs: clock.now() - startedAt, ...(detail === undefined ? {} : { detail }) };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { ok: false, latencyMs: clock.now() - startedAt, detail };
    }
  }

  /** Ends the connections of all who wait, and of all leases: they are lost. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const holder of this.#asking) void holder.end();
    for (const lease of this.#leases) lease.abandon();
  }

  /** @throws InvalidKeyError, RangeError, LockAbortedError */
  #call(key: string, options: TryAcquireOptions): Call {
    checkKey(key);
    if (options.mode === 'shared') throw new RangeError('this lock has no shared mode');
    const leaseMs = leaseMsOf(this.#settings, options);
    const { signal } = options;
    if (signal?.aborted === true) throw abortedError(key, signal, 'definite');
    return { key, leaseMs, commandTimeoutMs: commandTimeoutMsOf(this.#settings, leaseMs), signal };
  }

  /** Whatever may be held without being returned ends with its connection. @throws LockBackendError when closed */
  async #attempt({ key, commandTimeoutMs, signal }: Call, waitMs: number): Promise<Attempted> {
    if (this.#closed) throw new LockBackendError('the lock has been closed', 'definite');
    let holder: Holder | undefined;
    try {
      // Who waits anyway waits for a connection, too, rather than to queue for one anew.
      holder = await this.#open(Math.max(waitMs, commandTimeoutMs), signal);
      this.#asking.add(holder);
      const atServerMs = Math.min(waitMs, LONGEST_WAIT_MS);
      // The server keeps the time; it is given up only when it does not.
      const limitMs = atServerMs + commandTimeoutMs;
      const grant = await within(this.#settings.clock, holder.lock(key, atServerMs), limitMs, signal);
      if (grant !== undefined) return { kind: 'granted', grant, holder };
      holder.giveBack();
      return { kind: 'busy' };
    } catch (error) {
      // The next who asks should not meet what was given up here.
      if (holder !== undefined) await within(this.#settings.clock, holder.end(), commandTimeoutMs).catch(ignore);
      if (error instanceof CutShortError && error.by === 'caller') return { kind: 'aborted' };
      return { kind: 'trouble', error: attemptError(key, error) };
    } finally {
      if (holder !== undefined) this.#asking.delete(holder);
    }
  }

  /** A connection that comes too late goes back at once. */
  async #open(limitMs: number, signal: AbortSignal | undefined): Promise<Holder> {
    const opening = this.#backend.open();
    try {
      return await within(this.#settings.clock, opening, limitMs, signal);
    } catch (error) {
      if (!(error instanceof CutShortError)) throw error;
      opening.then(
        (late) => late.giveBack(),
        // Nobody waits for it any more.
        () => undefined,
      );
      throw error.by === 'caller' ? error : noConnection(limitMs, error);
    }
  }

  #hold({ key, leaseMs, commandTimeoutMs }: Call, { grant, holder }: Extract<Attempted, { kind: 'granted' }>): Lease {
    const { clock } = this.#settings;
    const heartbeatMs = leaseMs / HEARTBEATS_PER_LEASE;
    const onOver = (): void => void this.#leases.delete(lease);
    const lease = new ConnectionLease(key, grant, holder, { clock, heartbeatMs, commandTimeoutMs, onOver });
    this.#leases.add(lease);
    // Closed while the answer was on its way.
    if (this.#closed) lease.abandon();
    return lease;
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.close();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#settings.clock.setTimer(end, Math.max(1, ms));
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  #commandTimeoutMs(): number {
    return commandTimeoutMsOf(this.#settings, this.#settings.leaseMs);
  }
}

/** What failed before anything was asked says so itself; the end of the connection undoes what may have been granted. */
function attemptError(key: string, error: unknown): LockError {
  if (isLockError(error)) return error;
  return new LockOutcomeUnknownError(`no answer to the request for ${JSON.stringify(key)}`, { cause: error });
}

/** A server that does not answer is not told; it will notice in its own time. */
function ignore(): void {}
