/** The link of one worker to one node, and what can be done to it: the same disturbances as Toxiproxy's, as they behave. */
import type { Direction } from '../../backends/links.ts';
import type { Random } from '../../base/random.ts';

export interface LinkNature {
  /** What a message takes at least, in microseconds. */
  readonly baseUs: number;
  /** At most so much more; default: as much again. */
  readonly jitterUs?: number;
  /** Pieces of at most so many bytes are no messages; default: every piece is. */
  readonly housekeepingBytes?: number;
}

/** What crosses a link in one direction. */
export class LinkDirection {
  readonly #random: Random;
  readonly #baseUs: number;
  readonly #jitterUs: number;
  readonly housekeepingBytes: number;
  /** Sent by whoever is at its beginning, but for what only keeps house. */
  messages = 0;
  /** Of all delays in force together. */
  delayUs = 0;
  blackHoles = 0;
  readonly resets: number[] = [];

  constructor(random: Random, { baseUs, jitterUs = baseUs, housekeepingBytes = 0 }: LinkNature) {
    this.#random = random;
    this.#baseUs = baseUs;
    this.#jitterUs = jitterUs;
    this.housekeepingBytes = housekeepingBytes;
  }

  get isBlackHole(): boolean {
    return this.blackHoles > 0;
  }

  get resetAfterUs(): number | undefined {
    return this.resets[0];
  }

  /** How long an undisturbed message is on its way. */
  travelUs(): number {
    return this.#baseUs + this.#random.whole(0, this.#jitterUs);
  }
}

type Undo = () => Promise<void>;

/** What disturbances of a link do to a connection on it. */
export interface LinkedConnection {
  /** A delay has ended: what it still held back comes now. */
  hasten(): void;
  close(): void;
}

export class SimLink {
  readonly request: LinkDirection;
  readonly reply: LinkDirection;
  /** Those that are open on it. */
  readonly connections = new Set<LinkedConnection>();

  constructor(random: Random, nature: LinkNature) {
    this.request = new LinkDirection(random, nature);
    this.reply = new LinkDirection(random, nature);
  }

  async delay(delayMs: number, direction: Direction): Promise<Undo> {
    const delayUs = Math.round(delayMs * 1000);
    const directions = this.#directions(direction);
    for (const one of directions) one.delayUs += delayUs;
    return async () => {
      for (const one of directions) one.delayUs -= delayUs;
      for (const connection of this.connections) connection.hasten();
    };
  }

  /** The undoing closes the connections: what was held is lost. */
  async blackHole(direction: Direction): Promise<Undo> {
    const directions = this.#directions(direction);
    for (const one of directions) one.blackHoles += 1;
    return async () => {
      for (const one of directions) one.blackHoles -= 1;
      for (const connection of [...this.connections]) connection.close();
    };
  }

  async reset(afterMs: number, direction: Direction): Promise<Undo> {
    const afterUs = Math.round(afterMs * 1000);
    const directions = this.#directions(direction);
    for (const one of directions) one.resets.push(afterUs);
    return async () => {
      for (const one of directions) one.resets.splice(one.resets.indexOf(afterUs), 1);
    };
  }

  #directions(direction: Direction): readonly LinkDirection[] {
    return direction === 'both' ? [this.request, this.reply] : [direction === 'request' ? this.request : this.reply];
  }
}
