/** A connection of a simulated process to a simulated server. */
import type { WireObservation } from '../../history/events.ts';
import type { Owner } from '../engine/owner.ts';
import type { Address, ClientSocket } from '../engine/sockets.ts';
import type { World } from '../engine/world.ts';
import type { SimLink } from './link.ts';
import { Pipe } from './pipe.ts';
import { networkError } from './errors.ts';

/** What a server does with one connection. */
export interface ServerSession {
  receive(chunk: Buffer): void;
  /** The client has gone. */
  closed(): void;
}

/** What a connection sees of its server. */
export interface Listener {
  readonly owner: Owner;
  /** Nobody answers: connections are refused. */
  readonly down: boolean;
  accept(connection: Connection): ServerSession;
}

/** Answers slower than this are told (as of real workers). */
const SLOW_US = 30_000;

export class Connection {
  readonly socket: ClientSocket;
  readonly #world: World;
  readonly #caller: Owner;
  readonly #link: SimLink;
  readonly #onWire: (wire: Omit<WireObservation, 'node'>) => void;
  readonly #up: Pipe;
  readonly #down: Pipe;
  #session: ServerSession | undefined;
  /** When the oldest request without an answer was sent. */
  #since: number | undefined;
  #open = true;

  constructor(
    world: World,
    caller: Owner,
    link: SimLink,
    listener: Listener,
    onWire: (wire: Omit<WireObservation, 'node'>) => void,
    address: Address,
    socket: ClientSocket,
  ) {
    this.#world = world;
    this.#caller = caller;
    this.#link = link;
    this.#onWire = onWire;
    this.#up = new Pipe(world, listener.owner, link.request, {
      deliver: (chunk) => {
        if (chunk === undefined) this.#sessionEnds();
        else this.#session?.receive(chunk);
      },
      reset: () => this.reset(),
    });
    this.#down = new Pipe(world, caller, link.reply, {
      deliver: (chunk) => this.#arrive(chunk),
      reset: () => this.reset(),
    });
    this.socket = socket.attach(address, {
      send: (chunk) => {
        this.#since ??= world.now;
        const recall = this.#up.send(chunk);
        if (recall !== undefined) world.sending(caller, recall);
      },
      end: () => this.#up.send(undefined),
      destroyed: () => this.#clientEnds(),
    });
    link.connections.add(this);
    const answeredAt = world.now + link.request.travelUs() + link.reply.travelUs();
    world.schedule(answeredAt, caller, 'network', () => {
      if (!this.#open) return;
      if (listener.down) return void this.socket.destroy(networkError('ECONNREFUSED', 'connect', address));
      this.#session = listener.accept(this);
      this.socket.connected();
    });
  }

  /** What the server answers. */
  reply(chunk: Buffer): void {
    this.#down.send(chunk);
  }

  /** The server closes it, after what it has said. */
  hangUp(): void {
    this.#session = undefined;
    this.#down.send(undefined);
  }

  /** What was held back on the link is on its way again. */
  hasten(): void {
    this.#up.hasten();
    this.#down.hasten();
  }

  /** Somebody on the way closes it at both ends. */
  close(): void {
    this.#end(() => this.socket.push(null));
  }

  reset(): void {
    this.#end(() => this.socket.destroy(networkError('ECONNRESET', 'read')));
  }

  /** Told of once its run is over. */
  finish(): void {
    if (this.#since !== undefined) this.#tell('open');
  }

  #arrive(chunk: Buffer | undefined): void {
    if (chunk === undefined) return this.#end(() => this.socket.push(null));
    if (this.#since !== undefined) this.#tell('reply');
    this.socket.arrive(chunk);
  }

  #end(act: () => void): void {
    this.#link.connections.delete(this);
    // The client has gone before; only now does the server learn of it.
    if (!this.#open) {
      this.#up.cut();
      return this.#sessionEnds();
    }
    this.#over();
    this.#up.cut();
    this.#down.cut();
    this.#sessionEnds();
    this.#world.post(this.#caller, act);
  }

  /** The process behind the socket is gone; what it has sent still arrives, and then the end. */
  abandon(): void {
    this.#clientEnds();
  }

  #clientEnds(): void {
    if (!this.#open) return;
    this.#over();
    this.#down.cut();
    this.#up.send(undefined);
    // What is said into a black hole, also at the end, is never heard: whoever ends it closes the connection.
    if (!this.#link.request.isBlackHole) this.#link.connections.delete(this);
  }

  #over(): void {
    this.#open = false;
    if (this.#since !== undefined) this.#tell('closed');
  }

  #sessionEnds(): void {
    this.#session?.closed();
    this.#session = undefined;
  }

  #tell(end: WireObservation['end']): void {
    const us = this.#world.now - (this.#since ?? this.#world.now);
    this.#since = undefined;
    if (us > SLOW_US || end === 'closed') this.#onWire({ ms: Math.round(us / 1000), end });
  }
}
