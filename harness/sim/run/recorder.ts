/** The history of a simulated run, in memory. */
import type { Process, TimedEvent } from '../../history/events.ts';
import type { EventRecorder } from '../../history/recorder.ts';
import type { Owner } from '../engine/owner.ts';
import type { World } from '../engine/world.ts';

export class MemoryRecorder implements EventRecorder {
  readonly events: TimedEvent[] = [];
  readonly #world: World;
  #originUs: number;
  #last = -1;
  /** Sees each event as it is recorded. */
  onEvent: ((event: TimedEvent) => void) | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#originUs = world.now;
  }

  /** From now on times count from now; what was recorded before is forgotten. */
  begin(): void {
    this.#originUs = this.#world.now;
    this.#last = -1;
    this.events.length = 0;
  }

  /** Milliseconds since the run began. */
  get elapsedMs(): number {
    return (this.#world.now - this.#originUs) / 1000;
  }

  /** Nanoseconds of this clock at a moment of the process's `performance.now()`. */
  clockOf({ clock }: Owner): (performanceMs: number) => number {
    return (performanceMs) => Math.max(0, Math.floor((clock.when(performanceMs * 1000) - this.#originUs) * 1000));
  }

  /** No two moments are the same: what happens within a microsecond is in the order in which it happens. */
  now(): number {
    this.#last = Math.max(this.#last + 1, (this.#world.now - this.#originUs) * 1000);
    return this.#last;
  }

  /** What runs in the simulation has no clock of its own. */
  at(): number {
    return this.now();
  }

  record(event: TimedEvent): void {
    this.events.push(event);
    this.onEvent?.(event);
  }

  observe(process: Process, f: string, key: string | undefined, value: unknown, time = this.now()): void {
    this.record({ type: 'info', process, f, ...(key === undefined ? {} : { key }), value, time });
  }

  /** Of one process: what still runs of it after it was killed records nothing. */
  of(owner: Owner): EventRecorder {
    return {
      now: () => this.now(),
      at: () => this.at(),
      record: (event) => {
        if (!owner.dead) this.record(event);
      },
      observe: (process, f, key, value, time = this.now()) => {
        if (!owner.dead) this.observe(process, f, key, value, time);
      },
      flush: () => undefined,
    };
  }

  flush(): void {
    // Nothing outlives the run.
  }
}
