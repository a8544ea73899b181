/** One client of a lock under load: cycles as fast as its order says, each recorded so that it can be judged. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../base/issues.ts';
import { isLockError, type AcquireOptions, type Lease, type Lock, type ReleaseOutcome } from 'holdfast-locks';
import { clientsOf } from '../../plan/plan.ts';
import { ContractError } from '../module.ts';
import { Random, mix } from '../../base/random.ts';
import type { Aims } from '../aims.ts';
import type { CounterFile } from './counter-file.ts';
import { grantOf } from '../grant.ts';
import { isStamped } from '../stamps.ts';
import { holdLease } from './hold.ts';
import { keyDraw } from './keys.ts';
import type { LoadOrder } from './messages.ts';
import { STEP, type LoadRecorder } from './recorder.ts';
import type { Tally } from './tally.ts';

/** A client whose acquire fails at once must not spin. */
const AFTER_FAILURE_MS = 5;
/** A lock that answers without waiting for anything must let others run. */
const TURN_NS = 5_000_000;

const USES_PERIOD_NS = 100_000_000;

export interface LoadEnvironment {
  readonly order: LoadOrder;
  readonly lock: Lock;
  readonly keys: readonly LoadKey[];
  readonly recorder: LoadRecorder;
  /** Of a lock that takes all clients of its process for one owner. */
  readonly ownedBy?: string | undefined;
  readonly counter: Pick<CounterFile, 'read' | 'write'>;
  readonly tally: Tally;
  readonly aims: Aims;
  readonly granted: (key: string) => void;
  /** Nanoseconds of the recorder's clock at a moment of `performance.now()`. */
  readonly nsOf: (performanceMs: number) => number;
  /** Says that the round is over: whoever holds finishes the cycle. */
  readonly over: () => boolean;
}

/** `refused`: the lease was had, and what it is for was not there any more, or was not done. */
export type CycleOutcome = 'done' | 'refused' | 'busy' | 'failed';

export interface LoadKey {
  readonly name: string;
  /** As the lock is asked for it. */
  readonly full: string;
}

/** Of all clients of a worker: every name that the lock writes begins with `prefix`. */
export const loadKeys = (names: readonly string[], prefix: string): LoadKey[] =>
  names.map((name) => ({ name, full: prefix + name }));

export class LoadClient {
  readonly #environment: LoadEnvironment;
  readonly #keys: readonly LoadKey[];
  readonly #draw: () => number;
  readonly #random: Random;
  readonly #options: AcquireOptions;
  readonly #observer: string;
  readonly #clients: number;
  #process: number;
  #cycle = 0;
  #turnNs = 0;

  constructor(environment: LoadEnvironment, index: number) {
    const { order } = environment;
    this.#environment = environment;
    this.#keys = environment.keys;
    this.#clients = clientsOf(order);
    const client = order.worker + order.workers * index;
    this.#process = client + this.#clients * 1_000_000 * order.incarnation;
    this.#observer = `worker-${order.worker}`;
    const drawKey = keyDraw(order.keys.length, order.keySkew, new Random(mix(order.seed, client * 2)));
    this.#draw = order.ownKeys ? () => client % order.keys.length : drawKey;
    this.#random = new Random(mix(order.seed, client * 2 + 1));
    this.#options = { leaseMs: order.leaseMs, timeoutMs: order.acquireTimeoutMs };
  }

  /** Which key its next cycle would take. */
  nextKey(): number {
    return this.#draw();
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

  /** One cycle on this key; of an open loop: meant to begin at this moment. */
  serve(key: number, intendedNs: number | undefined): Promise<CycleOutcome> {
    return this.#cycleOn(key, intendedNs);
  }

  /** One flat function, for every promise between the client and the lock is paid for in each cycle. */
  async #cycleOn(index: number, intendedNs: number | undefined): Promise<CycleOutcome> {
    const { counter, recorder, tally, aims, order, lock, granted } = this.#environment;
    const { stock = Infinity } = order;
    const key = this.#keys[index];
    if (key === undefined) throw new RangeError(`there is no key ${index}`);
    const cycle = this.#cycle++;
    const process = this.#process;
    const invokedNs = recorder.now();
    // In an open loop a wait counts from when it was meant to begin.
    this.#ask(index, cycle, invokedNs, intendedNs);
    recorder.boundary();
    aims.reach('acquire.invoke');
    tally.waiting += 1;
    let lease: Lease | null;
    try {
      const { full } = key;
      lease = await (order.ask === 'try' ? lock.tryAcquire(full, this.#options) : lock.acquire(full, this.#options));
    } catch (error) {
      tally.waiting -= 1;
      await this.#failed(error, key.name, cycle, intendedNs);
      return 'failed';
    }
    tally.waiting -= 1;
    const answeredNs = recorder.now();
    const waitedNs = answeredNs - (intendedNs ?? invokedNs);
    if (this.#counts(intendedNs ?? answeredNs)) tally.took(order.ask, waitedNs);
    if (lease === null) {
      this.#notGranted('fail', 'BUSY', key.name, cycle, answeredNs);
      return 'busy';
    }
    const deadline = lease.expiresAt === undefined ? -1 : this.#environment.nsOf(lease.expiresAt);
    if (isStamped(lease)) this.#grantedElsewhere(lease, key.name, cycle, answeredNs);
    else recorder.step(STEP.grant, process, index, cycle, answeredNs, deadline, lease.fencingToken);
    recorder.boundary();
    tally.granted(waitedNs);
    aims.reach('acquire.ok');
    granted(key.name);
    const uses = this.#uses(answeredNs);
    const seen = uses ? counter.read(index) : 0;
    if (uses) recorder.step(STEP.read, process, index, cycle, recorder.now(), seen);
    const holdMs = this.#between(order.holdMs);
    // Nobody can be told of a loss who does not give way meanwhile.
    const isBrief = holdMs === 0 && order.renews === 0;
    const held = isBrief || (await this.#hold(lease, key.name, cycle, holdMs, intendedNs));
    aims.reach('write');
    const isDone = held && seen < stock;
    if (uses && isDone) {
      recorder.step(STEP.write, process, index, cycle, recorder.now(), seen);
      counter.write(index, seen + 1);
    }
    const releasingNs = recorder.now();
    if (this.#counts(intendedNs ?? releasingNs)) tally.took('hold', releasingNs - answeredNs);
    recorder.step(STEP.letGo, process, index, cycle, releasingNs);
    recorder.boundary();
    aims.reach('release.invoke');
    let outcome: ReleaseOutcome;
    try {
      outcome = await lease.release();
    } catch (cause) {
      throw new ContractError(`release must never reject, and did: ${reasonOf(cause)}`, { cause });
    }
    const releasedNs = recorder.now();
    recorder.step(STEP[outcome], process, index, cycle, releasedNs);
    // Some libraries never say what became of a release.
    tally.ended(outcome === 'lost' ? 'error' : 'cycle');
    if (outcome === 'unknown') this.#process += this.#clients;
    else if (this.#counts(intendedNs ?? releasedNs)) tally.took('release', releasedNs - releasingNs);
    return isDone ? 'done' : 'refused';
  }

  #ask(index: number, cycle: number, time: number, intendedNs: number | undefined): void {
    const { recorder, ownedBy: owner, keys } = this.#environment;
    const process = this.#process;
    if (owner === undefined) return recorder.step(STEP.ask, process, index, cycle, time, intendedNs);
    const intended = intendedNs === undefined ? {} : { intended: intendedNs };
    const value = { lease: recorder.leaseOf(process, cycle), owner, ...intended };
    recorder.record({ type: 'invoke', process, f: 'acquire', key: keys[index]?.name ?? '', value, time });
  }

  /** By a lock in another process, whose own stamps count. */
  #grantedElsewhere(lease: Lease, key: string, cycle: number, time: number): void {
    const { recorder, order, nsOf } = this.#environment;
    const asked = { lease: recorder.leaseOf(this.#process, cycle), leaseMs: order.leaseMs };
    const value = grantOf(lease, asked, recorder, nsOf);
    recorder.record({ type: 'ok', process: this.#process, f: 'acquire', key, value, time });
  }

  #hold(lease: Lease, key: string, cycle: number, holdMs: number, intendedNs: number | undefined): Promise<boolean> {
    const { recorder, order, tally } = this.#environment;
    return holdLease(lease, {
      ...{ key, holdMs, renews: order.renews, observer: this.#observer, recorder },
      id: recorder.leaseOf(this.#process, cycle),
      ns: this.#environment.nsOf,
      renewed: (tookNs, atNs) => {
        if (this.#counts(intendedNs ?? atNs)) tally.took('renew', tookNs);
      },
    });
  }

  async #failed(error: unknown, key: string, cycle: number, intendedNs: number | undefined): Promise<void> {
    const { recorder, tally } = this.#environment;
    if (error instanceof ContractError) throw error;
    const definite = isLockError(error) && error.outcome === 'definite';
    const code = isLockError(error) ? error.code : 'UNEXPECTED';
    this.#notGranted(definite ? 'fail' : 'info', code, key, cycle, recorder.now());
    if (!definite) this.#process += this.#clients;
    tally.ended('error');
    // An open loop asks again when its plan says so.
    if (intendedNs === undefined) await sleep(AFTER_FAILURE_MS);
  }

  #notGranted(type: 'fail' | 'info', code: string, key: string, cycle: number, time: number): void {
    const { recorder } = this.#environment;
    const value = { lease: recorder.leaseOf(this.#process, cycle) };
    recorder.record({ type, process: this.#process, f: 'acquire', key, value, error: { code }, time });
    recorder.boundary();
  }

  /** In a closed loop what ends in the measured stretch counts, in an open one what was meant to begin in it. */
  #counts(atNs: number): boolean {
    const { order } = this.#environment;
    return atNs >= order.fromNs && atNs < order.toNs;
  }

  /**
   * Whether a lease granted at this moment uses the counter. Where leases are given back at once, the two system calls
   * would be a good part of the cycle: then all clients use it in the same quarter of the time.
   */
  #uses(grantedNs: number): boolean {
    const { holdMs, renews, stock } = this.#environment.order;
    return stock !== undefined || holdMs[1] > 0 || renews > 0 || grantedNs % USES_PERIOD_NS < USES_PERIOD_NS / 4;
  }

  #between([least, most]: readonly [number, number]): number {
    return least === most ? least : least + this.#random.unit() * (most - least);
  }
}
