/** One direction of a connection: what goes in comes out later, in order, unless the link says otherwise. */
import type { SimEvent } from '../engine/heap.ts';
import type { Owner } from '../engine/owner.ts';
import type { World } from '../engine/world.ts';
import type { Recall } from '../engine/owner.ts';
import type { LinkDirection } from './link.ts';

export interface PipeEnd {
  /** `undefined` is the end: nothing comes after it. */
  deliver(chunk: Buffer | undefined): void;
  /** The link resets the connection. */
  reset(): void;
}

interface Travelling {
  readonly chunk: Buffer | undefined;
  /** Without what the link adds. */
  readonly due: number;
  event: SimEvent;
}

export class Pipe {
  readonly #world: World;
  readonly #receiver: Owner;
  readonly #link: LinkDirection;
  readonly #end: PipeEnd;
  #travelling: Travelling[] = [];
  #lastArrival = 0;
  #countedAt = -1;
  #cut = false;

  constructor(world: World, receiver: Owner, link: LinkDirection, end: PipeEnd) {
    this.#world = world;
    this.#receiver = receiver;
    this.#link = link;
    this.#end = end;
  }

  /** What is written at one instant is one message, however many pieces it comes in. */
  #count(): void {
    if (this.#countedAt === this.#world.now) return;
    this.#countedAt = this.#world.now;
    this.#link.messages += 1;
  }

  /** @returns the function that takes it back, if it is on its way */
  send(chunk: Buffer | undefined): Recall | undefined {
    if (this.#cut || this.#link.isBlackHole) return undefined;
    const resetAfterUs = chunk === undefined ? undefined : this.#link.resetAfterUs;
    if (resetAfterUs !== undefined) {
      this.#cut = true;
      this.#world.schedule(this.#world.now + resetAfterUs, this.#receiver, 'network', () => this.#end.reset());
      return undefined;
    }
    if (chunk !== undefined && chunk.length > this.#link.housekeepingBytes) this.#count();
    const due = this.#world.now + this.#link.travelUs();
    const travelling = this.#travel(chunk, due, due + this.#link.delayUs);
    this.#travelling.push(travelling);
    return () => {
      travelling.event.cancelled = true;
      this.#travelling = this.#travelling.filter((one) => one !== travelling);
      return () => void this.send(chunk);
    };
  }

  /** What the link held back is on its way again. */
  hasten(): void {
    this.#lastArrival = this.#world.now;
    this.#travelling = this.#travelling.map(({ chunk, due, event }) => {
      event.cancelled = true;
      return this.#travel(chunk, due, due);
    });
  }

  /** Nothing arrives any more. */
  cut(): void {
    this.#cut = true;
    for (const { event } of this.#travelling) event.cancelled = true;
    this.#travelling = [];
  }

  /** Never before what was sent before. */
  #travel(chunk: Buffer | undefined, due: number, at: number): Travelling {
    this.#lastArrival = Math.max(this.#lastArrival, at, this.#world.now);
    const event = this.#world.schedule(this.#lastArrival, this.#receiver, 'network', () => {
      this.#travelling.shift();
      this.#end.deliver(chunk);
    });
    return { chunk, due, event };
  }
}
