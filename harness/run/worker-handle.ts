/** A worker as the harness sees it: a process that is told what to do, stopped, killed and started again. */
import { join } from 'node:path';
import type { Endpoint } from 'holdfast-locks';
import { InfrastructureError } from '../base/errors.ts';
import { fakeClockEnvironment, moveFakeClock } from '../backends/fake-clock.ts';
import { OWN_FLAGS, ownModule } from '../base/own-module.ts';
import { startProcess, type RunningProcess } from '../backends/processes.ts';
import { killAll, killGroup, strikeAll } from '../backends/whole-process.ts';
import type { Session } from '../backends/session.ts';
import type { LoadOrder, Probe, ProbeOrder } from '../subject/load/messages.ts';
import type { FolderFault } from '../plan/folder-fault.ts';
import type { Moment } from '../plan/moments.ts';
import { fromWorkerSchema, type FromWorker, type Task, type ToWorker } from '../subject/messages.ts';
import { WorkerBreach } from './worker-breach.ts';

const WORKER_FAKE_CLOCK = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'];
/** A worker that does not answer for this long, unpaused, is broken. */
const ANSWER_WITHIN_MS = 15_000;

export interface WorkerConnection {
  readonly module: string;
  /** How this worker reaches each server, and where that server announces itself. */
  readonly nodes: readonly { readonly announced: string; readonly endpoint: Endpoint }[];
  /** Nodes whose endpoints the lock is given. */
  readonly entrances: readonly number[];
  /** Shared by all workers. */
  readonly folder: string;
  /** Whether faults may meet the lock in the folder. */
  readonly livesInFolder: boolean;
  /** Whether these are links of its own, which faults may strike. */
  readonly linked: boolean;
  readonly prefix: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly resourcePort?: number;
}

type Answer<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>;

export class WorkerHandle {
  readonly index: number;
  readonly #session: Session;
  readonly #folder: string;
  #connection: WorkerConnection;
  readonly #listeners = new Set<(message: FromWorker) => void>();
  #process: RunningProcess | undefined;
  readonly #waits = new Set<() => void>();
  #closed = false;
  #expectedToEnd = false;
  #movableClock = false;
  #end = Promise.withResolvers<void>();
  #hasEnded = false;
  #failure: ((error: Error) => void) | undefined;
  /** Why its process has ended that nobody had told to. */
  #ending: Error | undefined;

  constructor(session: Session, index: number, connection: WorkerConnection, folder: string) {
    this.index = index;
    this.#session = session;
    this.#connection = connection;
    this.#folder = folder;
  }

  /** Called with the first trouble that nobody asked for: the worker ended, or said that it failed. */
  onFailure(listener: (error: Error) => void): void {
    this.#failure = listener;
  }

  get alive(): boolean {
    return this.#process !== undefined && !this.#expectedToEnd && this.#ending === undefined;
  }

  async start(options: { readonly movableClock: boolean }): Promise<void> {
    this.#movableClock = options.movableClock;
    if (options.movableClock) this.setClock(0);
    const environment = options.movableClock ? fakeClockEnvironment(WORKER_FAKE_CLOCK, this.#clockFile) : {};
    this.#expectedToEnd = false;
    this.#ending = undefined;
    const process_ = await startProcess({
      name: `worker-${this.index}`,
      command: process.execPath,
      args: [...OWN_FLAGS, ownModule(import.meta.url, '../subject/main')],
      folder: this.#folder,
      environment: {
        ...this.#session.environment,
        ...environment,
        NODE_COMPILE_CACHE: join(this.#session.root, 'compiled'),
      },
      channel: true,
    });
    this.#process = process_;
    process_.child.on('message', (raw) => {
      const { data: message } = fromWorkerSchema.safeParse(raw);
      if (message === undefined)
        return this.#failure?.(new InfrastructureError(`${this.#name}: said what it never says`));
      if (message.type === 'failed') this.#failure?.(this.#errorOf(message));
      if (message.type === 'finished') this.#ends();
      for (const listener of this.#listeners) listener(message);
    });
    // Sending to a worker that was just killed fails; its end is what counts.
    process_.child.on('error', () => undefined);
    void process_.exited.then((how) => {
      if (this.#process !== process_ || this.#expectedToEnd) return;
      // What the lock in it has started may outlive it.
      killGroup(process_.pid);
      this.#ending = this.#endedBy(process_, how);
      this.#failure?.(this.#ending);
      this.#giveUp();
    });
    await this.#answer('ready', undefined);
    await this.#answer('connected', {
      type: 'connect',
      worker: this.index,
      ...this.#connection,
      nodes: [...this.#connection.nodes],
      entrances: [...this.#connection.entrances],
      options: { ...this.#connection.options },
    });
  }

  /** Starts it again if its clock is not of the wanted kind, or if it is gone. */
  async ensure(options: { readonly movableClock: boolean }): Promise<void> {
    if (this.alive && this.#movableClock === options.movableClock && !this.#movableClock) return;
    await this.kill();
    await this.start(options);
  }

  run(task: Task): void {
    this.#hasEnded = false;
    // Whoever waits for the end of a worker that was killed waits for that of its next incarnation.
    if (task.incarnation === 0) this.#end = Promise.withResolvers();
    this.#send({ type: 'run', task });
  }

  /** Settles when all clients of the worker have ended. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  /** Settles when the worker comes to the n-th such moment from now, with `false` if not within the bound. */
  async reaches(id: string, moment: Moment, nth: number, withinMs: number): Promise<boolean> {
    const reached = this.#next((message) => message.type === 'moment' && message.id === id, withinMs);
    this.#send({ type: 'aim', id, moment, nth });
    return (await reached) !== undefined;
  }

  /** Calls `listener` with the key of the next grant of each key. */
  onNextGrants(listener: (key: string) => void): () => void {
    const stop = this.listen((message) => {
      if (message.type === 'granted') listener(message.key);
    });
    this.#send({ type: 'tell-next-grant' });
    return stop;
  }

  /** Calls `hear` with all that it says. @returns the function that ends this. */
  listen(hear: (message: FromWorker) => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  load(order: LoadOrder): void {
    this.#send({ type: 'load', order });
  }

  /** Settles within about twice the length of its slices. */
  async probe(order: ProbeOrder): Promise<Probe> {
    return (await this.#answer('probed', { type: 'probe', order }, order.pairs * order.sliceMs * 4)).probe;
  }

  /** Those at work end what they are at. */
  stopLoad(): void {
    this.#send({ type: 'finish' });
  }

  async settle(): Promise<void> {
    await this.#answer('settled', { type: 'settle' });
  }

  /** `true` when it ended its work and said so within the bound. */
  async finish(withinMs: number): Promise<boolean> {
    if (this.#hasEnded) return true;
    const finished = this.#next((message) => message.type === 'finished', withinMs);
    this.#send({ type: 'finish' });
    return (await finished) !== undefined;
  }

  async wallClockMs(): Promise<number> {
    return (await this.#answer('wall-clock', { type: 'tell-wall-clock' })).ms;
  }

  /** Moves its wall clock by this much from the true time; only if started with a movable clock. */
  setClock(offsetMs: number): void {
    moveFakeClock(this.#clockFile, offsetMs);
  }

  disturbFolder(fault: FolderFault | undefined): void {
    this.#send({ type: 'disturb-folder', fault });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): boolean {
    return this.#process !== undefined && strikeAll(this.#process, signal);
  }

  async kill(): Promise<void> {
    this.#expectedToEnd = true;
    if (this.#process !== undefined) await killAll(this.#process);
  }

  /** Kills it for good: nobody waits for it any longer. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#giveUp();
    await this.kill();
  }

  #ends(): void {
    this.#hasEnded = true;
    this.#end.resolve();
  }

  /** Ends all waiting for what will never be said. */
  #giveUp(): void {
    for (const giveUp of this.#waits) giveUp();
  }

  get #clockFile(): string {
    return join(this.#folder, `worker-${this.index}.clock`);
  }

  /** The next process gives its locks names that begin with this. */
  useNames(prefix: string): void {
    this.#connection = { ...this.#connection, prefix };
  }

  get #name(): string {
    return `worker ${this.index}`;
  }

  #errorOf({ breach, message }: Extract<FromWorker, { type: 'failed' }>): Error {
    return breach === undefined
      ? new InfrastructureError(`${this.#name}: ${message}`)
      : new WorkerBreach({ kind: breach, who: this.#name, message });
  }

  /** A worker never exits by itself, but a signal may come from anybody: from a machine without memory, for one. */
  #endedBy(process_: RunningProcess, how: string): Error {
    if (process_.child.exitCode === null)
      return new InfrastructureError(`${this.#name}: ended by itself (${how})\n${process_.lastWords()}`);
    return new WorkerBreach({ kind: 'exit', who: this.#name, message: `code of the lock ended the process (${how})` });
  }

  #send(message: ToWorker): void {
    const child = this.#process?.child;
    if (child?.connected) child.send(message);
  }

  async #answer<T extends FromWorker['type']>(type: T, question: ToWorker | undefined, workMs = 0): Promise<Answer<T>> {
    const withinMs = ANSWER_WITHIN_MS + workMs;
    const answer = this.#next((message) => message.type === type || message.type === 'failed', withinMs);
    if (question !== undefined) this.#send(question);
    const message = await answer;
    if (message?.type === 'failed') throw this.#errorOf(message);
    if (message === undefined) {
      if (this.#ending !== undefined) throw this.#ending;
      throw new InfrastructureError(
        `worker ${this.index}: ended, or was silent for ${withinMs} ms, before it was ${type}\n${this.#process?.lastWords() ?? ''}`,
      );
    }
    return message as Answer<T>;
  }

  #next(wanted: (message: FromWorker) => boolean, withinMs: number): Promise<FromWorker | undefined> {
    return new Promise((resolve) => {
      const settle = (message: FromWorker | undefined): void => {
        clearTimeout(timer);
        this.#listeners.delete(hear);
        this.#waits.delete(giveUp);
        resolve(message);
      };
      const giveUp = (): void => settle(undefined);
      const hear = (message: FromWorker): void => {
        if (wanted(message)) settle(message);
      };
      const timer = setTimeout(giveUp, withinMs);
      this.#listeners.add(hear);
      this.#waits.add(giveUp);
      if (this.#closed) giveUp();
    });
  }
}
