/** A simulated server: what listens on the network, and what faults can do to it. */
import type { Endpoint } from 'holdfast-locks';
import type { Layout } from '../../backends/servers/layout.ts';
import type { TargetNode } from '../../faults/targets.ts';
import type { Connection, Listener, ServerSession } from './connection.ts';
import { hostOf, PORT } from './network.ts';
import type { EventKind } from '../engine/heap.ts';
import type { Owner } from '../engine/owner.ts';
import type { Random } from '../../base/random.ts';
import type { World } from '../engine/world.ts';

/** What a connection can be told by its server. */
export interface Transport {
  reply(bytes: Buffer): void;
  /** Closes the connection after what has been said. */
  hangUp(): void;
}

/** What a model of a server is given. */
export interface Surroundings {
  /** The server's own chance. */
  readonly random: Random;
  /** Milliseconds of its monotonic clock. */
  readonly nowMs: () => number;
  /** Microseconds of the server's wall clock. */
  readonly wallUs: () => number;
  /** Calls back after so long on the server's own clock; what was asked for before a crash never comes. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Calls back when something of another server arrives, in so long; what is on its way to a server that crashes is lost. */
  readonly arrive: (delayMs: number, callback: () => void) => void;
  /** Ends the simulation: `what` the lock asked for is not simulated. */
  readonly unsupported: (what: string) => never;
}

/** A kind of server, simulated. Adding one is filling in this form and naming it in `simulated.ts` and `models.ts`. */
export interface ServerModel {
  connect(transport: Transport): ServerSession;
  /** It is being killed: what its system still does for it, to close its connections. */
  killed?(): void;
  /** All connections are gone; the data too, unless it is kept. */
  crash(keepData: boolean): void;
  /** Names of all that is stored and has no end of its own. */
  lasting?(): readonly string[];
}

/** All servers of a run. */
export interface Ensemble {
  /** By node. */
  readonly models: readonly ServerModel[];
  /** Who leads, by the word of those that are `up`; absent where nobody ever does. */
  readonly leader?: (up: readonly boolean[]) => number | undefined;
  /** Those whose endpoints the lock is given; absent: all. */
  readonly entrances?: readonly number[];
  /** Settles when they are one: at first, and after all have lost their data; absent where that takes no time. */
  readonly form?: () => Promise<void>;
  /** Cuts each of these from all others. @returns the function that ends it */
  readonly isolate?: (nodes: readonly number[]) => () => void;
  /** Who follows a primary, where a fault has to say so. */
  readonly succession?: Pick<Layout, 'promote' | 'rejoinsEmpty'>;
}

export class SimNode implements Listener, TargetNode {
  readonly index: number;
  readonly owner: Owner;
  readonly endpoint: Endpoint;
  down = false;
  readonly #world: World;
  readonly surroundings: Surroundings;
  #model: ServerModel | undefined;
  readonly #connections = new Set<Connection>();
  #incarnation = 0;

  constructor(world: World, index: number) {
    this.index = index;
    this.owner = world.owner(`node ${index}`);
    this.endpoint = { host: hostOf(index), port: PORT };
    this.#world = world;
    this.surroundings = {
      random: this.owner.random,
      nowMs: () => world.monotonicUs(this.owner) / 1000,
      wallUs: () => world.wallMs(this.owner) * 1000 + (world.monotonicUs(this.owner) % 1000),
      after: (delayMs, callback) => this.#at(world.in(this.owner, Math.round(delayMs * 1000)), 'timer', callback),
      arrive: (delayMs, callback) => void this.#at(world.now + Math.round(delayMs * 1000), 'network', callback),
      unsupported: (what) => world.fail(what),
    };
  }

  /** Makes it a server of this kind. */
  serve(model: ServerModel): void {
    this.#model = model;
  }

  accept(connection: Connection): ServerSession {
    this.#connections.add(connection);
    const session = this.#model?.connect(connection);
    if (session === undefined) throw new Error('a node without a model was connected to');
    return {
      receive: (chunk) => session.receive(chunk),
      closed: () => {
        this.#connections.delete(connection);
        session.closed();
      },
    };
  }

  async crash(): Promise<void> {
    this.#model?.killed?.();
    this.down = true;
    this.#incarnation += 1;
    for (const connection of this.#connections) connection.hangUp();
    this.#connections.clear();
    // A stopped server that is killed has nothing left to do.
    this.#world.forget(this.owner);
  }

  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    this.#model?.crash(keepData);
    this.down = false;
  }

  async pause(): Promise<void> {
    this.#world.pause(this.owner);
  }

  async resume(): Promise<void> {
    this.#world.resume(this.owner);
  }

  async setClock(offsetMs: number): Promise<void> {
    this.owner.wallOffsetMs = offsetMs;
  }

  /** Names of all that is stored on it and has no end of its own; absent where they cannot be told. */
  lasting(): readonly string[] | undefined {
    return this.#model?.lasting?.();
  }

  wallMs(): number {
    return this.#world.wallMs(this.owner);
  }

  #at(us: number, kind: EventKind, callback: () => void): () => void {
    const incarnation = this.#incarnation;
    const event = this.#world.schedule(us, this.owner, kind, () => {
      if (this.#incarnation === incarnation && !this.down) callback();
    });
    return () => {
      event.cancelled = true;
    };
  }
}
