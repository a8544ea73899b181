/** A simulated worker: a process that runs the clients of the lock, and can be stopped, killed and started again. */
import type { ConnectedLock, Endpoint, LockModule } from 'holdfast-locks';
import { UsageError } from '../../base/errors.ts';
import type { TargetWorker } from '../../faults/targets.ts';
import type { CourseWorker } from '../../run/course.ts';
import { checkedLock, ContractError } from '../../subject/module.ts';
import type { Moment } from '../../plan/moments.ts';
import type { Assignment } from '../../subject/messages.ts';
import type { AnyScenario } from '../../resource/scenario.ts';
import { Work, type Word, type Workplace } from '../../subject/work.ts';
import type { Network } from '../network/network.ts';
import type { Owner } from '../engine/owner.ts';
import type { MemoryRecorder } from './recorder.ts';
import type { SimResource } from './resource.ts';
import type { World } from '../engine/world.ts';

const PREFIX = 'holdfast:sim:';

export interface WorkerSurroundings {
  readonly world: World;
  readonly network: Network;
  /** Where the lock is told that its servers are. */
  readonly entrances: readonly Endpoint[];
  readonly resource: SimResource;
  /** The lock's module as the next process that starts has it. */
  readonly begin: (owner: Owner) => LockModule;
  readonly options: Readonly<Record<string, unknown>>;
  readonly scenario: AnyScenario;
}

export class SimWorker implements TargetWorker, CourseWorker {
  readonly index: number;
  readonly #around: WorkerSurroundings;
  readonly #listeners = new Set<(word: Word) => void>();
  readonly #end = Promise.withResolvers<void>();
  /** Of the last incarnation that was given work. */
  #hasEnded = false;
  /** By the present process: its other clients were left in the middle of their work. */
  #brokeContract = false;
  #finished: Promise<void> = Promise.resolve();
  #owner: Owner | undefined;
  #workplace: Omit<Workplace, 'recorder' | 'nsOf'> | undefined;
  #work: Work | undefined;
  /** By the present process, which may not be there yet. */
  #connected: Promise<ConnectedLock> | undefined;
  /** Ends the waiting for a process that was killed while it started. */
  #giveUp: (() => void) | undefined;

  constructor(index: number, around: WorkerSurroundings) {
    this.index = index;
    this.#around = around;
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** A new process, connected. @throws UsageError when the lock cannot connect */
  async start(): Promise<void> {
    const { world, network, entrances, begin, options, scenario, resource } = this.#around;
    const owner = world.owner(`worker ${this.index}`);
    this.#owner = owner;
    const module = begin(owner);
    this.#work = undefined;
    this.#brokeContract = false;
    network.attach(owner, this.index);
    const { promise: killed, resolve: giveUp } = Promise.withResolvers<undefined>();
    this.#giveUp = () => giveUp(undefined);
    this.#connected = this.#as(owner, () =>
      module.connect({
        endpoints: entrances,
        natMap: {},
        folder: '/simulated',
        prefix: PREFIX,
        options,
        signal: new AbortController().signal,
      }),
    );
    try {
      const connected = await Promise.race([this.#connected, killed]);
      this.#workplace =
        connected === undefined
          ? undefined
          : { lock: checkedLock(connected.lock), prefix: PREFIX, scenario, resource: resource.wayOf(owner) };
    } catch (error) {
      throw this.#errorOf(error);
    }
  }

  run(assignment: Assignment, recorder: MemoryRecorder): void {
    const [owner, workplace] = [this.#owner, this.#workplace];
    if (owner === undefined || workplace === undefined || owner.dead) return;
    this.#hasEnded = false;
    const finished = Promise.withResolvers<void>();
    this.#finished = finished.promise;
    const work = new Work(assignment, (word) => {
      for (const listener of this.#listeners) listener(word);
    });
    this.#work = work;
    const ends = (): void => {
      this.#hasEnded = true;
      finished.resolve();
      this.#end.resolve();
    };
    this.#as(owner, () => work.run({ ...workplace, recorder: recorder.of(owner), nsOf: recorder.clockOf(owner) })).then(
      ends,
      (error: unknown) => {
        const { world } = this.#around;
        if (!(error instanceof ContractError)) return world.stop(this.#errorOf(error));
        this.#brokeContract = true;
        world.problems.push({ owner: owner.name, kind: 'departs from the contract', error: error.message });
        return ends();
      },
    );
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean {
    const [owner, { world }] = [this.#owner, this.#around];
    if (owner === undefined || owner.dead) return false;
    if (signal === 'SIGSTOP') world.pause(owner);
    else world.resume(owner);
    return true;
  }

  async kill(): Promise<void> {
    const [owner, { world, network }] = [this.#owner, this.#around];
    if (owner === undefined || owner.dead) return;
    world.kill(owner);
    network.detach(owner);
    this.#giveUp?.();
  }

  /** Its process, unless that was killed. */
  get living(): Owner | undefined {
    return this.#owner?.dead === false ? this.#owner : undefined;
  }

  /** Its process, if that is to end cleanly once its lock is closed. */
  get departing(): Owner | undefined {
    return this.#brokeContract ? undefined : this.living;
  }

  /** Closes its lock, once it is connected. */
  async close(): Promise<void> {
    const [owner, connected] = [this.living, this.#connected];
    if (owner !== undefined && connected !== undefined) await this.#as(owner, async () => (await connected).close());
  }

  setClock(offsetMs: number): void {
    if (this.#owner !== undefined) this.#owner.wallOffsetMs = offsetMs;
  }

  async wallClockMs(): Promise<number> {
    const [owner, { world }] = [this.#owner, this.#around];
    return owner === undefined ? 0 : world.wallMs(owner);
  }

  disturbFolder(): void {
    throw new Error('the simulation has no folder that workers share');
  }

  reaches(id: string, moment: Moment, nth: number, withinMs: number): Promise<boolean> {
    const { world } = this.#around;
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        late.cancelled = true;
        this.#listeners.delete(hear);
        resolve(reached);
      };
      const hear = (word: Word): void => {
        if (word.type === 'moment' && word.id === id) settle(true);
      };
      const late = world.schedule(world.now + withinMs * 1000, world.system, 'system', () => settle(false));
      this.#listeners.add(hear);
      this.#work?.aim(id, moment, nth);
    });
  }

  onNextGrants(listener: (key: string) => void): () => void {
    const hear = (word: Word): void => {
      if (word.type === 'granted') listener(word.key);
    };
    this.#listeners.add(hear);
    this.#work?.tellNextGrants();
    return () => this.#listeners.delete(hear);
  }

  finish(withinMs: number): Promise<boolean> {
    if (this.#hasEnded) return Promise.resolve(true);
    const [owner, work, { world }] = [this.#owner, this.#work, this.#around];
    if (owner !== undefined && work !== undefined) world.post(owner, () => work.finish());
    return new Promise((resolve) => {
      const late = world.schedule(world.now + withinMs * 1000, world.system, 'system', () => resolve(false));
      void this.#finished.then(() => {
        late.cancelled = true;
        resolve(true);
      });
    });
  }

  /** Runs `act` in the process; what it answers is heard outside of it. */
  #as<T>(owner: Owner, act: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#around.world.post(owner, () => void act().then(resolve, reject));
    return promise;
  }

  #errorOf(error: unknown): Error {
    if (error instanceof ContractError) return new UsageError(`worker ${this.index}: ${error.message}`);
    return error instanceof Error ? error : new Error(String(error));
  }
}
