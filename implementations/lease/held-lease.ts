/** A lease from its grant to its release: the deadline, the renewal and the notice of loss. */
import { LeaseLostError, LockOutcomeUnknownError, isLockError } from '../lock.ts';
import type { Lease, LossReason, ReleaseOutcome } from '../lock.ts';
import type { Grant, LeaseBackend } from './backend.ts';
import { sleep } from './clock.ts';
import type { Clock, Timer } from './clock.ts';
import { within } from './within.ts';

/**
 * Part of every lease that is given up for clocks that do not run equally fast (1 %) and for the resolution of timers
 * and of server-side expiry (2 ms), as Redis's description of Redlock has it.
 */
export function driftMs(leaseMs: number): number {
  return leaseMs * 0.01 + 2;
}

/** The deadline of a lease of `leaseMs` whose request was sent at `sentAt`: counted from before the send. */
export function deadlineOf(sentAt: number, leaseMs: number): number {
  return sentAt + leaseMs - driftMs(leaseMs);
}

/** Renewals are sent this often per lease. */
const RENEWALS_PER_LEASE = 3;
/** After a failed one, the next is sent after this share of the lease. */
const RENEWAL_RETRIES_PER_LEASE = 10;
/** Pause before the one repetition of a failed release: long enough for a connection that was reset to be back. */
const RELEASE_RETRY_MS = 100;

export interface LeaseSettings {
  readonly backend: LeaseBackend;
  readonly clock: Clock;
  readonly commandTimeoutMs: number;
  readonly renew: boolean;
}

/**
 * Loss is decided by the clock, never by the outcome of a renewal: one timer stands at the next moment of interest, and
 * every entrance asks the clock first, because a process that was stopped serves its sockets before its timers.
 */
export class HeldLease implements Lease {
  readonly key: string;
  readonly token: string;
  readonly fencingToken: bigint | undefined;
  protected readonly grant: Grant;
  protected readonly settings: LeaseSettings;
  #expiresAt: number;
  /** When the next automatic renewal is due; `Infinity` while none is. */
  #renewAt: number;
  #timer: Timer | undefined;
  #loss: LeaseLostError | undefined;
  /** Made when first asked for: most leases are released without anybody having looked. */
  #controller: AbortController | undefined;
  #renewal: Promise<void> | undefined;
  #release: Promise<ReleaseOutcome> | undefined;
  #listeners: Set<(expiresAt: number) => void> | undefined;

  constructor(settings: LeaseSettings, grant: Grant, sentAt: number) {
    this.key = grant.key;
    this.token = grant.token;
    this.fencingToken = grant.fencingToken;
    this.grant = grant;
    this.settings = settings;
    this.#expiresAt = deadlineOf(sentAt, grant.leaseMs);
    this.#renewAt = settings.renew ? sentAt + grant.leaseMs / RENEWALS_PER_LEASE : Infinity;
    this.#arm();
  }

  get expiresAt(): number {
    return this.#expiresAt;
  }

  get signal(): AbortSignal {
    this.#checkDeadline();
    this.#controller ??= new AbortController();
    if (this.#loss !== undefined) this.#controller.abort(this.#loss);
    return this.#controller.signal;
  }

  remainingMs(): number {
    this.#checkDeadline();
    if (this.#loss !== undefined || this.#release !== undefined) return 0;
    return Math.max(0, this.#expiresAt - this.settings.clock.now());
  }

  renew(): Promise<void> {
    this.#renewal ??= this.#extend().finally(() => {
      this.#renewal = undefined;
      if (this.#isOpen()) this.#arm();
    });
    return this.#renewal;
  }

  onRenewed(listener: (expiresAt: number) => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  release(): Promise<ReleaseOutcome> {
    if (this.#release === undefined) {
      this.#checkDeadline();
      this.#release = this.#free();
      this.#disarm();
    }
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** The moment at which the lease counts as lost unless it is extended before: its deadline, and nothing else. */
  protected lossAt(): number {
    return this.#expiresAt;
  }

  /** Neither lost nor being released. */
  #isOpen(): boolean {
    return this.#loss === undefined && this.#release === undefined;
  }

  #checkDeadline(): void {
    if (this.#isOpen() && this.settings.clock.now() >= this.lossAt()) this.#lose('deadline');
  }

  #lose(reason: LossReason): void {
    if (!this.#isOpen()) return;
    const why = reason === 'deadline' ? 'its deadline passed' : 'the backend no longer knows its token';
    this.#loss = new LeaseLostError(`lease on ${JSON.stringify(this.key)} is lost: ${why}`, reason);
    this.#disarm();
    this.#controller?.abort(this.#loss);
  }

  #disarm(): void {
    this.#timer?.close();
    this.#timer = undefined;
  }

  /** Sets the one timer to the next moment of interest. It may fire early; it then arms itself again. */
  #arm(): void {
    this.#disarm();
    const lossAt = this.lossAt();
    const nextAt = this.#renewal === undefined ? Math.min(this.#renewAt, lossAt) : lossAt;
    const delayMs = Math.max(1, Math.ceil(nextAt - this.settings.clock.now()));
    this.#timer = this.settings.clock.setTimer(() => this.#wake(), delayMs);
    this.#timer.unref();
  }

  #wake(): void {
    this.#timer = undefined;
    this.#checkDeadline();
    if (!this.#isOpen()) return;
    if (this.#renewal === undefined && this.settings.clock.now() >= this.#renewAt) this.#renewInBackground();
    this.#arm();
  }

  #renewInBackground(): void {
    // A failure is only "unknown": the deadline stands, and the next attempt is already planned.
    this.#renewAt = this.settings.clock.now() + this.grant.leaseMs / RENEWAL_RETRIES_PER_LEASE;
    this.renew().catch(() => undefined);
  }

  async #extend(): Promise<void> {
    const { backend, clock, commandTimeoutMs } = this.settings;
    this.#checkDeadline();
    this.#throwIfEnded();
    const sentAt = clock.now();
    // An answer that comes after the time limit still counts, if the lease is still there.
    const work = backend.extend(this.grant).then((answer) => this.#learn(answer, sentAt));
    try {
      await within(clock, work, commandTimeoutMs);
    } catch (error) {
      if (isLockError(error)) throw error;
      throw new LockOutcomeUnknownError(`renewal of ${JSON.stringify(this.key)} was not answered`, { cause: error });
    }
    if (this.#loss !== undefined) throw this.#loss;
  }

  #throwIfEnded(): void {
    if (this.#loss !== undefined) throw this.#loss;
    if (this.#release !== undefined) {
      throw new LeaseLostError(`lease on ${JSON.stringify(this.key)} has been released`, 'mismatch');
    }
  }

  #learn(answer: 'extended' | 'lost', sentAt: number): void {
    this.#checkDeadline();
    if (!this.#isOpen()) return;
    if (answer === 'lost') {
      this.#lose('mismatch');
      return;
    }
    this.#expiresAt = Math.max(this.#expiresAt, deadlineOf(sentAt, this.grant.leaseMs));
    if (this.settings.renew) this.#renewAt = sentAt + this.grant.leaseMs / RENEWALS_PER_LEASE;
    this.#arm();
    for (const listener of this.#listeners ?? []) notify(listener, this.#expiresAt);
  }

  /** Asks again once if the first request was not answered; then a missing token proves nothing any more. */
  async #free(): Promise<ReleaseOutcome> {
    const { backend, clock, commandTimeoutMs } = this.settings;
    let certain = true;
    const first = backend.free(this.grant);
    try {
      return await within(clock, first, commandTimeoutMs);
    } catch (error) {
      certain = isLockError(error) && error.outcome === 'definite';
    }
    await sleep(clock, Math.min(RELEASE_RETRY_MS, commandTimeoutMs));
    try {
      const outcome = await within(clock, backend.free(this.grant), commandTimeoutMs);
      if (outcome !== 'lost' || certain) return outcome;
      // What the second finds gone may have been freed by the first, whose answer is only late.
      return await within(clock, first, commandTimeoutMs);
    } catch {
      return 'unknown';
    }
  }
}

/** A listener's error is its own: it surfaces as an uncaught exception and does not disturb the lease. */
function notify(listener: (expiresAt: number) => void, expiresAt: number): void {
  try {
    listener(expiresAt);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
