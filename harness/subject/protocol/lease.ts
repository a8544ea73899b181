/**
 * A lease of a subject behind the contract. Nothing is added to what the library promises but one look at the clock: where
 * the library tells of no loss, the user of a lease gives way at the deadline that the library stated.
 */
import {
  LeaseLostError,
  LockBackendError,
  LockOutcomeUnknownError,
  type LossReason,
  type ReleaseOutcome,
} from 'holdfast-locks';
import { newToken } from 'holdfast-locks/internal/token';
import { monotonicNs } from '../../history/recorder.ts';
import { stamped, type GrantStamps, type StampedLease } from '../stamps.ts';
import { FAR_MS, NOTICE_GRACE_MS } from '../watch.ts';
import type { Call, SubjectConnection } from './connection.ts';
import type { Answer, Question, SubjectEvent } from './messages.ts';
import { SubjectEnded, type Answered } from './process.ts';

/** What the library has answered to an acquire. */
export interface Grant {
  readonly id: string;
  readonly key: string;
  readonly call: Call;
  readonly answer: Answer;
}

export class SubjectLease implements StampedLease {
  readonly [stamped] = true;
  readonly key: string;
  readonly token: string;
  readonly fencingToken: bigint | undefined;
  readonly grant: GrantStamps;
  renewedAt: bigint | undefined;
  lostAt: bigint | undefined;
  readonly #connection: SubjectConnection;
  readonly #id: string;
  readonly #leaseMs: number | undefined;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(expiresAt: number) => void>();
  readonly #onReleased: () => void;
  #expiresAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(connection: SubjectConnection, { id, key, call, answer }: Grant, onReleased: () => void) {
    const { deadlineNs, leaseMs, fence } = answer;
    const deadline = answer.deadline ?? (deadlineNs === undefined ? undefined : connection.earliest(deadlineNs));
    this.key = key;
    this.token = newToken();
    this.fencingToken = fence === undefined ? undefined : BigInt(fence);
    this.grant = { ...call, deadline, leaseMs };
    this.#connection = connection;
    this.#id = id;
    this.#leaseMs = leaseMs;
    this.#onReleased = onReleased;
    const ends = deadline === 'documented' ? call.answered + nsOf(leaseMs ?? 0) : deadline;
    if (ends !== undefined) this.#endsAt(ends);
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#expiresAt === undefined ? Infinity : Math.max(0, this.#expiresAt - performance.now());
  }

  async renew(): Promise<void> {
    if (this.#release !== undefined || this.#controller.signal.aborted)
      throw new LeaseLostError(`lease on ${JSON.stringify(this.key)} is over`, 'mismatch');
    const answered = await this.#ask({ cmd: 'extend', lease: this.#id });
    if (answered === undefined) throw new LockOutcomeUnknownError('its process has ended');
    const { answer } = answered;
    if (!answer.ok && answer.outcome === 'lost') {
      this.#lose('mismatch', this.#connection.callOf(answered).asked);
      throw new LeaseLostError(`lease on ${JSON.stringify(this.key)} is lost`, 'mismatch');
    }
    if (!answer.ok) throw new LockBackendError(answer.message ?? answer.code ?? 'not extended', 'unknown');
    const call = this.#connection.callOf(answered);
    if (answer.deadlineNs !== undefined) this.#renewed(this.#connection.earliest(answer.deadlineNs), call.answered);
    else if (this.#expiresAt !== undefined) this.#renewed(call.asked + nsOf(this.#leaseMs ?? 0), call.answered);
  }

  onRenewed(listener: (expiresAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  release(): Promise<ReleaseOutcome> {
    this.#release ??= this.#doRelease();
    return this.#release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async stillHeld(): Promise<{ held: boolean; asked: bigint } | undefined> {
    if (!this.#connection.has('held')) return undefined;
    const answered = await this.#ask({ cmd: 'held', lease: this.#id });
    if (answered?.answer.ok !== true || answered.answer.t === undefined) return undefined;
    const { held } = answered.answer;
    const asked = this.#connection.earliest(answered.answer.t[0]);
    return held === undefined ? undefined : { held, asked };
  }

  stalledSince(moment: bigint): boolean {
    return this.#connection.stalledSince(moment);
  }

  hear(event: SubjectEvent, at: bigint): void {
    if (event.event === 'lost') this.#lose(event.reason, at);
    else this.#renewed(this.#connection.earliest(event.deadlineNs), at);
  }

  async #doRelease(): Promise<ReleaseOutcome> {
    clearTimeout(this.#timer);
    const answered = await this.#ask({ cmd: 'release', lease: this.#id });
    this.#onReleased();
    if (answered?.answer.ok !== true) return 'unknown';
    const { outcome = 'unknown' } = answered.answer;
    return outcome === 'definite' ? 'unknown' : outcome;
  }

  /** `undefined`: there is no answer, and there will be none. */
  async #ask(question: Question): Promise<Answered | undefined> {
    try {
      return await this.#connection.process.ask(question);
    } catch (error) {
      if (error instanceof SubjectEnded) return undefined;
      throw error;
    }
  }

  #renewed(deadline: bigint, at: bigint): void {
    if (this.#controller.signal.aborted) return;
    this.renewedAt = at;
    this.#endsAt(deadline);
    for (const listener of this.#listeners) listener(this.#expiresAt ?? 0);
  }

  #endsAt(deadline: bigint): void {
    this.#expiresAt = performance.now() + Number(deadline - monotonicNs()) / 1e6;
    clearTimeout(this.#timer);
    // A library that tells of losses is given the time to, and to say whether it would.
    const graceMs = this.#connection.has('lost') ? 3 * NOTICE_GRACE_MS : 0;
    this.#timer = setTimeout(
      () => this.#lose('deadline', undefined),
      Math.min(Math.max(0, Math.ceil(this.remainingMs()) + graceMs), FAR_MS),
    );
    this.#timer.unref();
  }

  /** @param at when the library told; `undefined`: it did not */
  #lose(reason: LossReason, at: bigint | undefined): void {
    if (this.#controller.signal.aborted) return;
    clearTimeout(this.#timer);
    this.lostAt = at;
    this.#controller.abort(new LeaseLostError(`lease on ${JSON.stringify(this.key)} is lost`, reason));
  }
}

const nsOf = (ms: number): bigint => BigInt(Math.round(ms * 1e6));
