/** Everything that will happen, in order. */
import type { Owner } from './owner.ts';

/** What an event does to its owner: a paused process holds back timers and what arrives, but nothing of the system. */
export type EventKind = 'timer' | 'network' | 'system';

/** Something that happens at a moment: by time, then by a hash of its owner (seeded), then in the order of scheduling. */
export class SimEvent {
  at: number;
  tie = 0;
  sequence = 0;
  /** Whether it is in the heap. */
  queued = false;
  cancelled = false;
  /** Later than `at`: it happens then, and is put there when it comes up. */
  postponedTo = 0;
  readonly owner: Owner;
  readonly kind: EventKind;
  readonly run: () => void;

  /** @param at microseconds */
  constructor(at: number, owner: Owner, kind: EventKind, run: () => void) {
    this.at = at;
    this.owner = owner;
    this.kind = kind;
    this.run = run;
  }
}

const before = (a: SimEvent, b: SimEvent): boolean =>
  a.at !== b.at ? a.at < b.at : a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence;

/** A binary heap; cancelled events stay in it until they come up. */
export class EventHeap {
  readonly #events: SimEvent[] = [];

  get size(): number {
    return this.#events.length;
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<SimEvent> {
    return this.#events.values();
  }

  push(event: SimEvent): void {
    const events = this.#events;
    let place = events.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = events[above];
      if (parent === undefined || !before(event, parent)) break;
      events[place] = parent;
      place = above;
    }
    events[place] = event;
    event.queued = true;
  }

  pop(): SimEvent | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined) return undefined;
    first.queued = false;
    if (first === last) return first;
    let place = 0;
    for (;;) {
      let below = place * 2 + 1;
      let child = events[below];
      if (child === undefined) break;
      const other = events[below + 1];
      if (other !== undefined && before(other, child)) {
        below += 1;
        child = other;
      }
      if (!before(child, last)) break;
      events[place] = child;
      place = below;
    }
    events[place] = last;
    return first;
  }
}
