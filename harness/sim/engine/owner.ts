/** Whose an event is: a simulated process, a server, or the harness itself. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import type { Random } from '../../base/random.ts';
import { context } from './real.ts';

/** Takes a message back, as if it had not been sent. @returns the function that sends it after all */
export type Recall = () => () => void;

export type OwnerSurroundings = Pick<Owner, 'clock' | 'random' | 'secrets'>;

export class Owner {
  /** The world that it lives in. */
  readonly world: object;
  /** Unique in its world. */
  readonly id: number;
  readonly name: string;
  /** What its own code draws from. */
  readonly random: Random;
  /**
   * Tokens and other secrets, apart: libraries draw them in advance and keep the rest from run to run, so that how often
   * they draw here must not move anything else.
   */
  readonly secrets: Random;
  /** Runs something as this owner. */
  readonly run: (act: () => void) => void;
  /** Its monotonic clock; the wall clock goes by it. */
  readonly clock: Clock;
  /** Milliseconds by which its wall clock is ahead. */
  wallOffsetMs = 0;
  /** Of a simulated process: how many started before it in its world. */
  process: number | undefined;
  /** It has been killed: its events are dropped. */
  dead = false;
  /** Its world keeps back its timers and what arrives for it. */
  stopped = false;

  /** What its system does when it ends. */
  readonly #last: (() => void)[] = [];

  /** What it sent during the step `sentAtStep`; a process that is stopped in that very step has not sent it yet. */
  sent: Recall[] = [];
  sentAtStep = -1;
  /** To be sent when it goes on. */
  unsent: (() => void)[] = [];

  constructor(world: object, id: number, name: string, { clock, random, secrets }: OwnerSurroundings) {
    this.clock = clock;
    this.world = world;
    this.id = id;
    this.name = name;
    this.random = random;
    this.secrets = secrets;
    // Entering a context that is kept costs a tenth of making one.
    this.run = context.run(this, () => AsyncLocalStorage.snapshot());
  }

  /** `act` is done when it ends. */
  leaves(act: () => void): void {
    this.#last.push(act);
  }

  /** It has ended, or its world has. */
  end(): void {
    for (const act of this.#last.splice(0)) act();
  }
}
