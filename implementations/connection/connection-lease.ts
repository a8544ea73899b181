/** A lease that lasts as long as its connection. */
import { LeaseLostError } from '../lock.ts';
import type { Lease, LossReason, ReleaseOutcome } from '../lock.ts';
import type { Clock, Timer } from '../lease/clock.ts';
import { within } from '../lease/within.ts';
import { newToken } from '../token.ts';
import type { HeldGrant, Holder } from './backend.ts';

export interface HeartbeatSettings {
  readonly clock: Clock;
  /** Between two heartbeats. */
  readonly heartbeatMs: number;
  /** Longer without an answer, and the connection counts as lost. */
  readonly commandTimeoutMs: number;
  /** Called once, when the lease is lost or released. */
  readonly onOver: () => void;
}

/**
 * There is no deadline: the server frees the lock when it notices that the connection has ended, the holder learns of that
 * from the socket or, when nothing comes any more, from a heartbeat that is not answered. Whoever is first, is first.
 */
export class ConnectionLease implements Lease {
  readonly key: string;
  readonly token = newToken();
  readonly fencingToken: bigint | undefined;
  readonly expiresAt = undefined;
  readonly #holder: Holder;
  readonly #settings: HeartbeatSettings;
  /** Made when first asked for: most leases are released without anybody having looked. */
  #controller: AbortController | undefined;
  #timer: Timer | undefined;
  #heartbeat: Promise<void> | undefined;
  #loss: LeaseLostError | undefined;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(key: string, grant: HeldGrant, holder: Holder, settings: HeartbeatSettings) {
    this.key = key;
    this.fencingToken = grant.fencingToken;
    this.#holder = holder;
    this.#settings = settings;
    holder.onEnd(() => this.#lose('the connection has ended', 'connection'));
    this.#arm();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#loss !== undefined) this.#controller.abort(this.#loss);
    }
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#isOpen() ? Infinity : 0;
  }

  /** A heartbeat: nothing is extended, but afterwards it is known that the lock was held. */
  async renew(): Promise<void> {
    if (this.#loss !== undefined) throw this.#loss;
    if (this.#release !== undefined) throw this.#lossOf('it has been released', 'mismatch');
    await this.#heartbeatNow();
    if (this.#loss !== undefined) throw this.#loss;
  }

  /** There is no deadline that could move. */
  onRenewed(): () => void {
    return () => undefined;
  }

  release(): Promise<ReleaseOutcome> {
    this.#release ??= this.#free();
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** Gives up without a word to the server but the end of the connection. */
  abandon(): void {
    this.#lose('the lock was closed', 'connection');
  }

  #isOpen(): boolean {
    return this.#loss === undefined && this.#release === undefined;
  }

  #arm(): void {
    this.#timer = this.#settings.clock.setTimer(() => void this.#beatAndArm(), this.#settings.heartbeatMs);
    this.#timer.unref();
  }

  async #beatAndArm(): Promise<void> {
    await this.#heartbeatNow();
    if (this.#isOpen()) this.#arm();
  }

  /** Never rejects. */
  #heartbeatNow(): Promise<void> {
    this.#heartbeat ??= this.#beat().finally(() => {
      this.#heartbeat = undefined;
    });
    return this.#heartbeat;
  }

  async #beat(): Promise<void> {
    const { clock, commandTimeoutMs } = this.#settings;
    try {
      await within(clock, this.#holder.ping(), commandTimeoutMs);
    } catch (cause) {
      // Not "unknown": without an answer nobody can say that the lock is still held, and there is no deadline to wait for.
      this.#lose('its connection does not answer', 'connection', { cause });
    }
  }

  #lose(why: string, reason: LossReason, options?: ErrorOptions): void {
    if (!this.#isOpen()) return;
    this.#loss = this.#lossOf(why, reason, options);
    this.#timer?.close();
    // Told first: the moment the connection ends, the next may be in.
    this.#controller?.abort(this.#loss);
    void this.#holder.end();
    this.#settings.onOver();
  }

  #lossOf(why: string, reason: LossReason, options?: ErrorOptions): LeaseLostError {
    return new LeaseLostError(`lease on ${JSON.stringify(this.key)} is lost: ${why}`, reason, options);
  }

  async #free(): Promise<ReleaseOutcome> {
    this.#timer?.close();
    if (this.#loss !== undefined) return 'lost';
    this.#settings.onOver();
    const { clock, commandTimeoutMs } = this.#settings;
    try {
      const outcome = await within(clock, this.#holder.unlock(), commandTimeoutMs);
      if (outcome === 'released') this.#holder.giveBack();
      else void this.#holder.end();
      return outcome;
    } catch {
      // The lock ends with the connection, or has ended with it before.
      void this.#holder.end();
      return 'unknown';
    }
  }
}
