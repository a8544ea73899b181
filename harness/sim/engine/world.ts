/**
 * A world of simulated processes in virtual time. Nothing in it happens but as an event of its heap; all chance in it
 * comes from its seed. One runs at a time, from beginning to end in one macrotask.
 */
import { Clock, START_US } from './clock.ts';
import { drain } from './drain.ts';
import { EventHeap, SimEvent, type EventKind } from './heap.ts';
import { Owner, type Recall } from './owner.ts';
import { SimulationError, type Problem } from './problems.ts';
import type { Dial } from './sockets.ts';
import { captureStack, moduleOf } from './stack.ts';
import { mix, Random } from '../../base/random.ts';

/** Where wall clocks start. */
const START_WALL_MS = Date.UTC(2026, 0, 1);
/** More than these in one step, and they are events of their own. */
const MOST_IMMEDIATES = 10_000;
/** More events than any run has that ends at all. */
const MOST_EVENTS = 20_000_000;

/** How the harness's own part of a run ended; `undefined` until then. */
export interface Settling<T> {
  end: { readonly value: T } | { readonly error: unknown } | undefined;
}

const HARNESS = 'harness';

/** Random streams by purpose; each owner's has its id added. */
const STREAM = { ties: 1, clocks: 2, owners: 1_000, secrets: 4_000 } as const;

export class World {
  readonly seed: number;
  /** Microseconds. */
  now = START_US;
  /** The harness: its events are never held back. */
  readonly system: Owner;
  readonly problems: Problem[] = [];
  /** Set by the network. */
  dial: Dial | undefined;
  readonly #heap = new EventHeap();
  readonly #tieSeed: number;
  #sequence = 0;
  /** Of what was held back, which comes first. */
  #earliest = 0;
  readonly #all: Owner[] = [];
  /** Of owners that are stopped: what came up meanwhile, in that order. */
  readonly #held = new Map<Owner, SimEvent[]>();
  /** Of every machine, by the name of what runs on it. */
  readonly #clocks = new Map<string, Clock>();
  readonly #clockSkew: number;
  /** Draws how fast clocks run. */
  readonly #skews: Random;
  /** Whose event is running. */
  #running: Owner;
  events = 0;
  /** When something happened, in microseconds; collected only if it is there. */
  moments: Set<number> | undefined;
  readonly #immediates: { readonly owner: Owner; readonly act: () => void }[] = [];
  #failure: Error | undefined;

  /** @param clockSkew part by which clocks run fast or slow at most */
  constructor(seed: number, clockSkew = 0) {
    this.seed = seed;
    this.#tieSeed = mix(seed, STREAM.ties);
    this.#clockSkew = clockSkew;
    this.#skews = new Random(mix(seed, STREAM.clocks));
    this.#clocks.set(HARNESS, new Clock(1));
    this.system = this.owner(HARNESS);
    this.#running = this.system;
  }

  owner(name: string): Owner {
    const id = this.#all.length;
    const stream = (first: number): Random => new Random(mix(this.seed, first + id));
    const clock = this.#clockOf(name);
    const owner = new Owner(this, id, name, { clock, random: stream(STREAM.owners), secrets: stream(STREAM.secrets) });
    this.#all.push(owner);
    return owner;
  }

  /** Microseconds of its monotonic clock. */
  monotonicUs({ clock }: Owner): number {
    return clock.at(this.now);
  }

  wallMs(owner: Owner): number {
    return START_WALL_MS + Math.floor(owner.clock.at(this.now) / 1000) + owner.wallOffsetMs;
  }

  /** When so much has passed on the owner's clock. */
  in(owner: Owner, delayUs: number): number {
    return Math.ceil(owner.clock.when(owner.clock.at(this.now) + delayUs));
  }

  /** @param at microseconds; the past means now */
  schedule(at: number, owner: Owner, kind: EventKind, run: () => void): SimEvent {
    const event = new SimEvent(at, owner, kind, run);
    this.enqueue(event);
    return event;
  }

  /** Takes an event (again) into the order of things. */
  enqueue(event: SimEvent, sequence = this.#sequence++): void {
    if (event.at < this.now) event.at = this.now;
    event.tie = mix(this.#tieSeed ^ event.owner.id, event.at);
    event.sequence = sequence;
    this.#heap.push(event);
  }

  /**
   * Runs `act` when what goes on in this step has come to rest. Also for a process that was stopped or killed in it:
   * libraries share one such callback among all their instances, and the others would wait for it.
   */
  afterStep(owner: Owner, act: () => void): void {
    // Code that waits by nothing but immediates must not stop the time.
    if (this.#immediates.length < MOST_IMMEDIATES) this.#immediates.push({ owner, act });
    else this.schedule(this.now + 1, owner, 'timer', act);
  }

  /** Runs `act` as the process itself would, as soon as it is running. */
  post(owner: Owner, act: () => void): void {
    this.schedule(this.now, owner, 'network', act);
  }

  /**
   * A process has sent something, which `recall` takes back. What runs on in the step in which it was stopped or killed
   * sends nothing.
   */
  sending(owner: Owner, recall: Recall): void {
    if (owner.dead) return void recall();
    if (owner.stopped) return void owner.unsent.push(recall());
    if (owner.sentAtStep !== this.events) {
      owner.sentAtStep = this.events;
      owner.sent.length = 0;
    }
    owner.sent.push(recall);
  }

  /** Stops a process, in the middle of what it is doing: what it has sent in this very step has not left it. */
  pause(owner: Owner): void {
    if (owner.stopped) return;
    owner.stopped = true;
    this.#held.set(owner, []);
    if (owner.sentAtStep === this.events) owner.unsent = owner.sent.map((recall) => recall());
    owner.sent.length = 0;
  }

  /** What came up meanwhile happens now: sockets first or timers first, as the process's own chance has it. */
  resume(owner: Owner): void {
    if (!owner.stopped) return;
    const held = this.#held.get(owner) ?? [];
    this.forget(owner);
    const { unsent } = owner;
    owner.unsent = [];
    for (const send of unsent) send();
    const first: EventKind = owner.random.unit() < 0.5 ? 'network' : 'timer';
    const again = [...held.filter(({ kind }) => kind === first), ...held.filter(({ kind }) => kind !== first)];
    // Before what comes up at this very moment: nothing on a connection overtakes what was sent before it.
    this.#earliest -= again.length;
    for (const [index, event] of again.entries()) {
      event.at = this.now;
      this.enqueue(event, this.#earliest + index);
    }
  }

  /** Drops what it kept back for an owner that is stopped: it goes on, or never will. */
  forget(owner: Owner): void {
    owner.stopped = false;
    this.#held.delete(owner);
  }

  /** What is still to happen to it. */
  *pending(owner: Owner): Generator<SimEvent> {
    for (const event of this.#heap) if (event.owner === owner && !event.cancelled) yield event;
  }

  kill(owner: Owner): void {
    if (owner.sentAtStep === this.events) for (const recall of owner.sent) recall();
    owner.dead = true;
    this.forget(owner);
    owner.end();
  }

  /** Nothing happens in it any more. */
  end(): void {
    for (const owner of this.#all) owner.end();
  }

  /** Ends the run: what it came to cannot be judged. */
  fail(message: string): never {
    this.stop(new SimulationError(message, { module: moduleOf(captureStack()) }));
    throw this.#failure;
  }

  /** Ends the run with this error after the event that is running. */
  stop(error: Error): void {
    this.#failure ??= error;
  }

  /** Takes note of an error that the running process left to nobody. */
  report(kind: Problem['kind'], error: unknown): void {
    this.problems.push({ owner: this.#running.name, kind, error });
  }

  /**
   * Begins. To be called while the world is active, from a macrotask; then `step` until `settled`.
   */
  begin<T>(main: () => Promise<T>): Settling<T> {
    const settling: Settling<T> = { end: undefined };
    this.system.run(() => {
      main().then(
        (value) => {
          settling.end = { value };
        },
        (error: unknown) => {
          settling.end = { error };
        },
      );
    });
    return settling;
  }

  #clockOf(name: string): Clock {
    const clock = this.#clocks.get(name) ?? new Clock(1 + (this.#skews.unit() * 2 - 1) * this.#clockSkew);
    this.#clocks.set(name, clock);
    return clock;
  }

  #runImmediate(index: number): void {
    const immediate = this.#immediates[index];
    try {
      immediate?.owner.run(immediate.act);
      drain();
    } catch (error) {
      this.report('uncaught exception', error);
    }
  }

  /**
   * Runs the next event.
   * @throws SimulationError when nothing is left to happen
   */
  step(): void {
    const event = this.#heap.pop();
    if (event === undefined) {
      throw new SimulationError(
        'the simulation came to a standstill: something waits for an answer from outside of it (files, names, ' +
          'crypto.subtle, real sockets), which virtual time cannot give',
      );
    }
    const { owner } = event;
    if (event.cancelled || owner.dead) return;
    if (event.postponedTo > event.at) {
      event.at = event.postponedTo;
      return this.enqueue(event);
    }
    if (owner.stopped && event.kind !== 'system') {
      this.#held.get(owner)?.push(event);
      return;
    }
    this.now = event.at;
    this.#running = owner;
    this.moments?.add(this.now);
    this.events += 1;
    if (this.events > MOST_EVENTS) {
      throw new SimulationError(`no end after ${MOST_EVENTS} events`, { endless: true });
    }
    try {
      owner.run(event.run);
      drain();
    } catch (error) {
      this.report('uncaught exception', error);
    }
    for (let done = 0; done < this.#immediates.length; done += 1) this.#runImmediate(done);
    this.#immediates.length = 0;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
