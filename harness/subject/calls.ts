/** One client's calls of the lock under test, each recorded at its boundary. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLockError, type AcquireOptions, type Lease, type Lock, type Mode } from 'holdfast-locks';
import { reasonOf } from '../base/issues.ts';
import { refusalIn } from '../base/refusal.ts';
import { UsageError } from '../base/errors.ts';
import type { EventRecorder } from '../history/recorder.ts';
import type { Moment } from '../plan/moments.ts';
import { grantOf } from './grant.ts';
import { checkedRelease, ContractError } from './module.ts';
import { refusedAt } from './stamps.ts';
import { watchLease, type Watch } from './watch.ts';

/** A client whose acquire fails at once must not spin. */
const AFTER_FAILURE_MS = 20;

export interface CallEnvironment {
  readonly lock: Lock;
  readonly prefix: string;
  readonly recorder: EventRecorder;
  /** Of a lock that takes all clients of its process for one owner. */
  readonly ownedBy?: string | undefined;
  /** Nanoseconds of the recorder's clock at a moment of `performance.now()`. */
  readonly nsOf: (performanceMs: number) => number;
  /** Aborts when the run is over: waiting clients give up. */
  readonly finish: AbortSignal;
  readonly reach: (moment: Moment) => void;
  readonly granted: (key: string) => void;
}

/** What is asked for. */
export interface Wish {
  readonly id: string;
  readonly key: string;
  readonly mode: Mode;
  /** Named only where re-entry is practised. */
  readonly owner: string | undefined;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly renew: boolean;
  /** One attempt, no waiting. */
  readonly once: boolean;
}

/** A grant that is being watched. */
export interface Granted {
  readonly wish: Wish;
  readonly lease: Lease;
  readonly watch: Watch;
}

export class Calls {
  readonly #environment: CallEnvironment;
  readonly #observer: string;
  /** By how much the process number rises when an outcome is unknown. */
  readonly #stride: number;
  #process: number;
  #open = false;
  readonly #thrown = new WeakSet<object>();

  constructor(environment: CallEnvironment, observer: string, process: number, stride: number) {
    this.#environment = environment;
    this.#observer = observer;
    this.#process = process;
    this.#stride = stride;
  }

  /** Whether this is what the lock has thrown. */
  hasThrown(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#thrown.has(error);
  }

  /**
   * @param use what is made of the grant
   * @returns `undefined` when it was asked for once and somebody else has it
   * @throws what the lock throws
   */
  async acquire<Use>(wish: Wish, use: (granted: Granted) => Use): Promise<Use | undefined> {
    this.#begin();
    const { recorder, reach, granted, ownedBy, nsOf } = this.#environment;
    const { id, key, mode, owner, leaseMs, timeoutMs, once } = wish;
    const asked = {
      lease: id,
      leaseMs,
      ...(mode === 'shared' ? { mode } : {}),
      ...(owner === undefined ? {} : { owner }),
      ...(ownedBy === undefined ? {} : { owner: ownedBy }),
    };
    recorder.record({
      type: 'invoke',
      process: this.#process,
      f: 'acquire',
      key,
      value: { ...asked, waitMs: once ? 0 : timeoutMs },
      time: recorder.now(),
    });
    recorder.flush();
    reach('acquire.invoke');
    let lease: Lease | null;
    try {
      lease = await this.#ask(wish);
    } catch (error) {
      this.#open = false;
      if (error instanceof ContractError) throw error;
      if (typeof error === 'object' && error !== null) this.#thrown.add(error);
      this.#failed(error, key, asked);
      await this.#pause();
      throw error;
    }
    this.#open = false;
    const time = recorder.now();
    if (lease === null) {
      const busy = { type: 'fail', process: this.#process, f: 'acquire', key, value: asked } as const;
      recorder.record({ ...busy, time, error: { code: 'BUSY' } });
      recorder.flush();
      await this.#pause();
      return undefined;
    }
    const value = grantOf(lease, asked, recorder, nsOf);
    recorder.record({ type: 'ok', process: this.#process, f: 'acquire', key, value, time });
    recorder.flush();
    reach('acquire.ok');
    granted(key);
    const watch = watchLease({ key, id, lease, recorder, observer: this.#observer, ns: nsOf });
    return use({ wish, lease, watch });
  }

  /** A process of a history has one call open at a time. */
  #begin(): void {
    if (this.#open) throw new UsageError('the scenario called a lock while another call of the same client was open');
    this.#open = true;
  }

  #ask({ key, mode, owner, leaseMs, timeoutMs, renew, once }: Wish): Promise<Lease | null> {
    const { lock, prefix, finish } = this.#environment;
    const options: AcquireOptions = {
      ...{ leaseMs, timeoutMs, renew, signal: finish },
      ...(mode === 'shared' ? { mode } : {}),
      ...(owner === undefined ? {} : { owner }),
    };
    return once ? lock.tryAcquire(`${prefix}${key}`, options) : lock.acquire(`${prefix}${key}`, options);
  }

  #failed(error: unknown, key: string, asked: object): void {
    const { recorder, finish } = this.#environment;
    const definite = isLockError(error) && error.outcome === 'definite';
    const code = isLockError(error) ? error.code : 'UNEXPECTED';
    const type = definite ? 'fail' : 'info';
    const refused = refusalIn(error);
    const call = error instanceof Error ? refusedAt.get(error) : undefined;
    recorder.record({
      type,
      process: this.#process,
      f: 'acquire',
      key,
      value: {
        ...asked,
        ...(call === undefined ? {} : { t: [recorder.at(call.asked), recorder.at(call.answered)] }),
        // Whatever it says then, it was told to wait no longer.
        ...(finish.aborted ? { aborted: true } : {}),
      },
      time: recorder.now(),
      error: {
        code: code === 'UNEXPECTED' ? `${code}: ${reasonOf(error)}` : code,
        ...(refused === undefined ? {} : { refused }),
      },
    });
    recorder.flush();
    if (!definite) this.#process += this.#stride;
  }

  #pause(): Promise<void> {
    return sleep(AFTER_FAILURE_MS, undefined, { signal: this.#environment.finish }).catch(() => undefined);
  }

  /** @throws ContractError */
  async release({ wish: { id, key }, lease, watch }: Granted): Promise<void> {
    this.#begin();
    const { recorder, reach } = this.#environment;
    watch.beforeRelease();
    recorder.record({
      type: 'invoke',
      process: this.#process,
      f: 'release',
      key,
      value: { lease: id },
      time: recorder.now(),
    });
    recorder.flush();
    reach('release.invoke');
    const outcome = await checkedRelease(lease);
    this.#open = false;
    const time = recorder.now();
    watch.stop();
    const type = outcome === 'unknown' ? 'info' : 'ok';
    const value = outcome === 'unknown' ? { lease: id } : { lease: id, outcome };
    recorder.record({ type, process: this.#process, f: 'release', key, value, time });
    if (outcome === 'unknown') this.#process += this.#stride;
  }
}
