/** One client of a lock under load: cycles as fast as its order says, each recorded so that it can be judged. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  isLockError,
  LeaseLostError,
  type AcquireOptions,
  type Lease,
  type Lock,
  type ReleaseOutcome,
} from '../../implementations/lock.ts';
import { ContractError } from '../worker/module.ts';
import { Random, mix } from '../sim/random.ts';
import type { Aims } from '../worker/aims.ts';
import type { CounterFile } from './counter-file.ts';
import { keyDraw } from './keys.ts';
import type { LoadOrder } from './messages.ts';
import type { LoadRecorder } from './recorder.ts';
import type { Measured, Tally } from './tally.ts';

/** A client whose acquire fails at once must not spin. */
const AFTER_FAILURE_MS = 5;
/** A lock that answers without waiting for anything must let others run. */
const TURN_NS = 1_000_000;

export interface LoadEnvironment {
  readonly order: LoadOrder;
  readonly lock: Lock;
  readonly prefix: string;
  readonly recorder: LoadRecorder;
  readonly counter: Pick<CounterFile, 'read' | 'write'>;
  readonly tally: Tally;
  readonly aims: Aims;
  readonly granted: (key: string) => void;
  /** Nanoseconds of the recorder's clock at which `performance.now()` was zero. */
  readonly performanceOriginNs: number;
  /** Says that the round is over: whoever holds finishes the cycle. */
  readonly over: () => boolean;
}

interface Key {
  readonly name: string;
  /** As JSON. */
  readonly text: string;
  /** As the lock is asked for it. */
  readonly full: string;
}

export class LoadClient {
  readonly #environment: LoadEnvironment;
  readonly #keys: readonly Key[];
  readonly #draw: () => number;
  readonly #random: Random;
  readonly #options: AcquireOptions;
  readonly #name: string;
  readonly #observer: string;
  readonly #clients: number;
  #process: number;
  #cycle = 0;
  #turnNs = 0;
  /** Of the lease that it holds. */
  #grantedNs = 0;

  constructor(environment: LoadEnvironment, index: number) {
    const { order, prefix } = environment;
    this.#environment = environment;
    this.#keys = order.keys.map((name) => ({ name, text: JSON.stringify(name), full: prefix + name }));
    // The observing client of a plan, which a benchmark does not have, is counted too.
    this.#clients = order.workers * (order.clientsPerWorker + 1);
    const client = order.worker + order.workers * index;
    this.#process = client + this.#clients * 1_000_000 * order.incarnation;
    this.#name = `${client}.${order.incarnation}`;
    this.#observer = `worker-${order.worker}`;
    const drawKey = keyDraw(order.keys.length, order.keySkew, new Random(mix(order.seed, client * 2)));
    this.#draw = order.ownKeys ? () => client % order.keys.length : drawKey;
    this.#random = new Random(mix(order.seed, client * 2 + 1));
    this.#options = { leaseMs: order.leaseMs, timeoutMs: order.acquireTimeoutMs };
  }

  /** Cycles one after another until the round is over. */
  async loop(): Promise<void> {
    const { order, over, recorder } = this.#environment;
    while (!over()) {
      await this.#cycleOn(this.#draw(), undefined);
      const thinkMs = this.#between(order.thinkMs);
      if (thinkMs > 0) await sleep(thinkMs);
      else if (recorder.now() - this.#turnNs > TURN_NS) {
        await nextTurn();
        this.#turnNs = recorder.now();
      }
    }
  }

  /** One cycle on this key, meant to begin at this moment. */
  serve(key: number, intendedNs: number): Promise<void> {
    return this.#cycleOn(key, intendedNs);
  }

  async #cycleOn(index: number, intendedNs: number | undefined): Promise<void> {
    const { counter, recorder, tally, aims, order } = this.#environment;
    const key = this.#keys[index];
    if (key === undefined) throw new RangeError(`there is no key ${index}`);
    const id = `${this.#name}.${this.#cycle++}`;
    const lease = await this.#acquire(key, id, intendedNs);
    if (lease === undefined) return;
    const at = `"key":${key.text},"value":{"lease":"${id}"`;
    const use = `"process":"resource",${at},"door":"plain"`;
    const seen = counter.read(index);
    recorder.line(`{"type":"info","f":"read",${use},"value":${seen},"accepted":true},"time":${recorder.now()}}\n`);
    const holdMs = this.#between(order.holdMs);
    // Nobody can be told of a loss who does not give way meanwhile.
    const held = holdMs === 0 && order.renews === 0 ? true : await this.#hold(lease, key, id, holdMs, intendedNs);
    if (held) {
      aims.reach('write');
      counter.write(index, seen + 1);
      recorder.line(
        `{"type":"info","f":"write",${use},"from":${seen},"to":${seen + 1},"accepted":true},"time":${recorder.now()}}\n`,
      );
    }
    const releasingNs = recorder.now();
    this.#took('hold', this.#grantedNs, releasingNs, intendedNs);
    recorder.line(`{"type":"invoke","process":${this.#process},"f":"release",${at}},"time":${releasingNs}}\n`);
    recorder.boundary();
    aims.reach('release.invoke');
    const outcome = await releaseOf(lease);
    const releasedNs = recorder.now();
    const said = outcome === 'unknown' ? '' : `,"outcome":"${outcome}"`;
    const type = outcome === 'unknown' ? 'info' : 'ok';
    recorder.line(`{"type":"${type}","process":${this.#process},"f":"release",${at}${said}},"time":${releasedNs}}\n`);
    if (outcome === 'unknown') this.#process += this.#clients;
    else this.#took('release', releasingNs, releasedNs, intendedNs);
    tally.ended(outcome === 'released' ? 'cycle' : 'error');
  }

  async #acquire(key: Key, id: string, intendedNs: number | undefined): Promise<Lease | undefined> {
    const { recorder, lock, order, aims, granted, tally } = this.#environment;
    const ask = order.ask;
    const invokedNs = recorder.now();
    // In an open loop a wait counts from when it was meant to begin.
    const intended = intendedNs === undefined ? '' : `,"intended":${intendedNs}`;
    const at = `"process":${this.#process},"f":"acquire","key":${key.text},"value":{"lease":"${id}"`;
    recorder.line(`{"type":"invoke",${at}${intended}},"time":${invokedNs}}\n`);
    recorder.boundary();
    aims.reach('acquire.invoke');
    tally.waiting += 1;
    try {
      const lease = await (ask === 'try'
        ? lock.tryAcquire(key.full, this.#options)
        : lock.acquire(key.full, this.#options));
      const answeredNs = recorder.now();
      this.#took(ask, intendedNs ?? invokedNs, answeredNs, intendedNs);
      this.#grantedNs = answeredNs;
      if (lease === null) {
        recorder.line(`{"type":"fail",${at}},"error":{"code":"BUSY"},"time":${answeredNs}}\n`);
        return undefined;
      }
      const fence = lease.fencingToken === undefined ? '' : `,"fence":"${lease.fencingToken}"`;
      const deadline = lease.expiresAt === undefined ? '' : `,"deadline":${this.#ns(lease.expiresAt)}`;
      recorder.line(`{"type":"ok",${at}${fence}${deadline}},"time":${answeredNs}}\n`);
      recorder.boundary();
      tally.granted(answeredNs - (intendedNs ?? invokedNs));
      aims.reach('acquire.ok');
      granted(key.name);
      return lease;
    } catch (error) {
      await this.#failed(error, at, intendedNs);
      return undefined;
    } finally {
      tally.waiting -= 1;
    }
  }

  async #failed(error: unknown, at: string, intendedNs: number | undefined): Promise<void> {
    const { recorder, tally } = this.#environment;
    if (error instanceof ContractError) throw error;
    const definite = isLockError(error) && error.outcome === 'definite';
    const code = isLockError(error) ? error.code : 'UNEXPECTED';
    const type = definite ? 'fail' : 'info';
    const text = JSON.stringify({ code });
    recorder.line(`{"type":"${type}",${at}},"error":${text},"time":${recorder.now()}}\n`);
    recorder.boundary();
    if (!definite) this.#process += this.#clients;
    tally.ended('error');
    // An open loop asks again when its plan says so.
    if (intendedNs === undefined) await sleep(AFTER_FAILURE_MS);
  }

  /** @returns whether it was held until the end, as far as the holder was told */
  async #hold(lease: Lease, key: Key, id: string, holdMs: number, intendedNs: number | undefined): Promise<boolean> {
    const { recorder, order } = this.#environment;
    const { signal } = lease;
    const lost = (): void => {
      const reason: unknown = signal.reason;
      const word = reason instanceof LeaseLostError ? reason.reason : 'connection';
      recorder.observe(this.#observer, 'lost', key.name, { lease: id, reason: word });
    };
    /** Of an explicit renewal that is under way. */
    let renewingNs: number | undefined;
    const stop = lease.onRenewed((expiresAt) => {
      const nowNs = recorder.now();
      const took = renewingNs === undefined ? {} : { tookNs: nowNs - renewingNs };
      const value = { lease: id, deadline: this.#ns(expiresAt), ...took };
      recorder.observe(this.#observer, 'renew', key.name, value, nowNs);
      if (renewingNs !== undefined) this.#took('renew', renewingNs, nowNs, intendedNs);
      renewingNs = undefined;
    });
    if (signal.aborted) lost();
    else signal.addEventListener('abort', lost, { once: true });
    const pieces = order.renews + 1;
    for (let piece = 0; piece < pieces && !signal.aborted; piece += 1) {
      if (piece > 0) {
        renewingNs = recorder.now();
        // What a renewal that failed means, the signal says.
        await lease.renew().catch(() => undefined);
        renewingNs = undefined;
      }
      if (holdMs > 0) await sleep(holdMs / pieces);
    }
    signal.removeEventListener('abort', lost);
    stop();
    return !signal.aborted;
  }

  /** In a closed loop what ends in the measured stretch counts, in an open one what was meant to begin in it. */
  #took(operation: Measured, fromNs: number, toNs: number, intendedNs: number | undefined): void {
    const { order, tally } = this.#environment;
    const at = intendedNs ?? toNs;
    if (at >= order.fromNs && at < order.toNs) tally.took(operation, toNs - fromNs);
  }

  #between([least, most]: readonly [number, number]): number {
    return least === most ? least : least + this.#random.unit() * (most - least);
  }

  #ns(performanceMs: number): number {
    return Math.max(0, Math.floor(performanceMs * 1e6 + this.#environment.performanceOriginNs));
  }
}

async function releaseOf(lease: Lease): Promise<ReleaseOutcome> {
  try {
    return await lease.release();
  } catch (cause) {
    throw new ContractError(`release must never reject, and did: ${String(cause)}`, { cause });
  }
}
