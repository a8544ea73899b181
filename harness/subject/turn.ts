/** One cycle of a client, as its scenario sees it: the locks that it takes and what it does with the resource. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcquireOptions, Mode, TryAcquireOptions } from 'holdfast-locks';
import { Random } from '../base/random.ts';
import type { PerDoor, Resource, ResourceUse, Values } from '../resource/protocol.ts';
import type { AnyScenario, Argument, LeaseInUse, ScenarioClient } from '../resource/scenario.ts';
import type { Throwing } from '../plan/throwing.ts';
import type { CallEnvironment, Calls, Granted, Wish } from './calls.ts';

/** Length of a step of work, and how many steps the longest work has. */
const WORK_STEP_MS = 8;
const MOST_STEPS = 120;

/** By which a routine of a client ends where the plan says so. */
export class PlannedError extends Error {
  override readonly name = 'PlannedError';
}

export interface TurnTask {
  /** Of the client. */
  readonly number: number;
  readonly count: number;
  /** Of the cycle; its first lease has the same. */
  readonly id: string;
  readonly observer: string;
  readonly names: readonly string[];
  readonly mode: Mode;
  readonly owner: string | undefined;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly renew: boolean;
  readonly holdMs: number;
  /** The first lease of the cycle is asked for twice. */
  readonly reenters: boolean;
  /** The second time to share it, whatever mode it is held in. */
  readonly reentersShared: boolean;
  readonly throwsAt: Throwing;
  readonly seed: number;
}

export interface TurnEnvironment extends CallEnvironment {
  readonly scenario: AnyScenario;
  readonly resource: Resource;
}

type Named = Readonly<Record<string, never>>;
type Use = LeaseInUse<Named>;

export class Turn implements ScenarioClient<Named> {
  readonly number: number;
  readonly turn: string;
  readonly count: number;
  readonly names: readonly [string, ...string[]];
  readonly ended: AbortSignal;
  readonly #environment: TurnEnvironment;
  readonly #calls: Calls;
  readonly #task: TurnTask;
  readonly #random: Random;
  readonly #open = new Set<HeldLease>();
  /** Of an owner that has asked for it twice: what it is granted when it starts over. */
  #outer: HeldLease | undefined;
  #startsOver = false;
  #leases = 0;
  #throws: Throwing;

  constructor(environment: TurnEnvironment, calls: Calls, task: TurnTask) {
    this.#environment = environment;
    this.#calls = calls;
    this.#task = task;
    this.#random = new Random(task.seed);
    this.#throws = task.throwsAt;
    this.number = task.number;
    this.turn = task.id;
    this.count = task.count;
    this.names = task.names as [string, ...string[]];
    this.ended = environment.finish;
  }

  get held(): readonly string[] {
    return Array.from(this.#open, ({ name }) => name);
  }

  acquire(name: string, options: AcquireOptions = {}): Promise<Use> {
    // Only what is asked for once may be answered by nothing.
    return this.#acquire(name, options, false) as Promise<Use>;
  }

  tryAcquire(name: string, options: TryAcquireOptions = {}): Promise<Use | undefined> {
    return this.#acquire(name, options, true);
  }

  async using<T>(names: readonly string[], routine: (leases: readonly Use[]) => Promise<T>): Promise<T> {
    const leases: Use[] = [];
    try {
      for (const name of [...new Set(names)].toSorted()) leases.push(await this.acquire(name));
      return await routine(leases);
    } finally {
      for (const lease of leases.toReversed()) await lease.release();
    }
  }

  random(): number {
    return this.#random.unit();
  }

  now(): number {
    return Date.now();
  }

  sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.ended }).catch(() => undefined);
  }

  do(operation: string, argument?: Argument<object>, on: string = this.names[0]): Promise<PerDoor<never>> {
    return this.carryOut({ key: on, client: this.number }, operation, argument);
  }

  /** Whether the cycle is to be gone through once more, under the lease that its owner was granted first. */
  startOver(): boolean {
    this.#startsOver = this.#outer !== undefined;
    return this.#startsOver;
  }

  /** Whether it has leases that it has not released. */
  get holds(): boolean {
    return this.#open.size > 0 || this.#outer !== undefined;
  }

  /** Releases what the cycle has not. */
  async end(): Promise<void> {
    for (const held of [...this.#open].toReversed()) await held.release();
    await this.#outer?.release();
  }

  /** Throws, once, where the plan says so. */
  mishap(here: Throwing): void {
    if (this.#throws !== here) return;
    this.#throws = 'never';
    const { recorder } = this.#environment;
    recorder.observe(this.#task.observer, 'throws', undefined, { turn: this.turn, at: here });
    throw new PlannedError(`the plan has this routine throw (${here})`);
  }

  async carryOut(use: ResourceUse, operation: string, argument: Argument<object> | undefined): Promise<PerDoor<never>> {
    const { resource, reach } = this.#environment;
    const looks = this.looks(operation);
    if (!looks) reach('write');
    const given = (typeof argument === 'function' ? argument : () => argument ?? {}) as (
      door: 'plain' | 'fenced',
    ) => Values | undefined;
    const [plain, fenced] = [given('plain'), given('fenced')];
    const seen = await resource.carryOut(use, operation, {
      ...(plain === undefined ? {} : { plain }),
      ...(fenced === undefined ? {} : { fenced }),
    });
    if (!looks) this.mishap('done');
    return seen as PerDoor<never>;
  }

  looks(operation: string): boolean {
    return this.#environment.scenario.looks?.includes(operation) ?? false;
  }

  probe({ wish: { key, id }, lease }: Granted): void {
    const { recorder } = this.#environment;
    // The clock is read first: what the lock says is then true of that moment or of a later one.
    const time = recorder.now();
    const held = !lease.signal.aborted && (lease.expiresAt === undefined || lease.remainingMs() > 0);
    recorder.observe(this.#task.observer, 'held', key, { lease: id, held }, time);
  }

  get holdMs(): number {
    return this.#task.holdMs;
  }

  #acquire(name: string, options: AcquireOptions, once: boolean): Promise<Use | undefined> {
    const outer = this.#outer;
    if (this.#startsOver && outer?.name === name) {
      this.#outer = undefined;
      this.#open.add(outer);
      return Promise.resolve(outer);
    }
    const number = ++this.#leases;
    const first = this.#hold(name, number === 1 ? this.turn : `${this.turn}.${number}`, options, once);
    if (number > 1 || !this.#task.reenters) return first;
    const { promise, resolve, reject } = Promise.withResolvers<Use | undefined>();
    void first.then((held) => {
      if (held === undefined) return resolve(held);
      this.#open.delete(held);
      this.#outer = held;
      const again: AcquireOptions = this.#task.reentersShared ? { ...options, mode: 'shared' } : options;
      return this.#hold(name, `${this.turn}.again`, again, once).then(resolve, reject);
    }, reject);
    return promise;
  }

  #hold(name: string, id: string, options: AcquireOptions, once: boolean): Promise<HeldLease | undefined> {
    const { mode, owner, leaseMs, timeoutMs, renew } = this.#task;
    const wish: Wish = {
      ...{ id, key: name, mode: options.mode ?? mode, owner, once },
      leaseMs: options.leaseMs ?? leaseMs,
      timeoutMs: options.timeoutMs ?? timeoutMs,
      renew: options.renew ?? renew,
    };
    return this.#calls.acquire(wish, (granted) => {
      const held = new HeldLease(this, granted, () => {
        this.#open.delete(held);
        return this.#calls.release(granted);
      });
      this.#open.add(held);
      return held;
    });
  }
}

class HeldLease implements Use {
  readonly name: string;
  readonly lease: Granted['lease'];
  readonly shared: boolean;
  readonly #turn: Turn;
  readonly #granted: Granted;
  readonly #letGo: () => Promise<void>;
  #released: Promise<void> | undefined;

  constructor(turn: Turn, granted: Granted, letGo: () => Promise<void>) {
    this.#turn = turn;
    this.#granted = granted;
    this.#letGo = letGo;
    this.name = granted.wish.key;
    this.lease = granted.lease;
    this.shared = granted.wish.mode === 'shared';
  }

  get lost(): boolean {
    return this.lease.signal.aborted;
  }

  async do(operation: string, argument?: Argument<object>, on: string = this.name): Promise<PerDoor<never>> {
    this.#turn.mishap('granted');
    const { lease, wish } = this.#granted;
    this.#turn.probe(this.#granted);
    const use: ResourceUse = {
      ...{ key: on, lease: wish.id, shared: this.shared },
      ...(on === this.name ? {} : { lock: this.name }),
      ...(lease.fencingToken === undefined ? {} : { fence: String(lease.fencingToken) }),
      // Whoever only looks does no harm by going on.
      ...(lease.signal.aborted && !this.#turn.looks(operation) ? { lost: true } : {}),
    };
    return this.#turn.carryOut(use, operation, argument);
  }

  async work(): Promise<void> {
    this.#turn.mishap('granted');
    const { lease } = this;
    // In steps, as real work is: a process that was stopped still has the rest of its work before it.
    const { holdMs } = this.#turn;
    const stepMs = Math.max(WORK_STEP_MS, holdMs / MOST_STEPS);
    for (let left = holdMs; left > 0 && !lease.signal.aborted; left -= stepMs) {
      await sleep(Math.min(left, stepMs), undefined, { signal: lease.signal }).catch(() => undefined);
    }
    this.#turn.mishap('working');
  }

  release(): Promise<void> {
    this.#released ??= this.#letGo();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
