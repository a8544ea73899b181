/** Which process reaches which server, over which link. */
import type { WireObservation } from '../../history/events.ts';
import type { Owner } from '../engine/owner.ts';
import { mix, Random } from '../../base/random.ts';
import type { Address, ClientSocket } from '../engine/sockets.ts';
import type { World } from '../engine/world.ts';
import { Connection, type Listener } from './connection.ts';
import { SimLink, type LinkNature } from './link.ts';

const LINK_STREAM = 2_000;
/** A message takes from this to twice this. */
const LEAST_US = [40, 100, 250, 600];

/** A server's address as clients know it, one of those for examples (RFC 5737), and its port: names would be looked up. */
export const hostOf = (node: number): string => `192.0.2.${node + 1}`;
export const PORT = 7000;

export class Network {
  /** `links[worker][node]` */
  readonly links: readonly (readonly SimLink[])[];
  readonly #world: World;
  readonly #nodes: readonly Listener[];
  readonly #workers = new Map<Owner, { readonly index: number; readonly connections: Map<Connection, ClientSocket> }>();
  readonly #onWire: (worker: number, wire: WireObservation) => void;

  /** @param nature of all links; what is absent is drawn for each */
  constructor(
    world: World,
    nodes: readonly Listener[],
    workers: number,
    onWire: (worker: number, wire: WireObservation) => void,
    nature: Partial<LinkNature> = {},
  ) {
    this.#world = world;
    this.#nodes = nodes;
    this.#onWire = onWire;
    this.links = Array.from({ length: workers }, (_, worker) =>
      nodes.map((_node, node) => {
        const random = new Random(mix(world.seed, LINK_STREAM + worker * 100 + node));
        return new SimLink(random, { baseUs: nature.baseUs ?? random.pick(LEAST_US), ...nature });
      }),
    );
    world.dial = (caller, address, socket) => this.#dial(caller, address, socket);
  }

  /** What clients have sent to servers until now. */
  get messages(): number {
    return this.links.flat().reduce((sum, { request }) => sum + request.messages, 0);
  }

  /** Connections of `owner` go over the links of this worker. */
  attach(owner: Owner, index: number): void {
    this.#workers.set(owner, { index, connections: new Map() });
  }

  /** Its process is gone: its system closes what it had open. */
  detach(owner: Owner): void {
    for (const [connection, socket] of this.#workers.get(owner)?.connections ?? []) {
      connection.abandon();
      socket.forsake();
    }
    this.#workers.delete(owner);
  }

  /** Its world is at its end. */
  end(): void {
    for (const { connections } of this.#workers.values()) for (const socket of connections.values()) socket.forsake();
  }

  /** Sockets of a process that are open. */
  openOf(owner: Owner): readonly ClientSocket[] {
    return [...(this.#workers.get(owner)?.connections.values() ?? [])];
  }

  /** Tells of requests that are still without an answer. */
  finish(): void {
    for (const { connections } of this.#workers.values())
      for (const connection of connections.keys()) connection.finish();
  }

  #dial(caller: Owner, address: Address, socket: ClientSocket): boolean {
    // What still runs of a process that has just been killed reaches nobody.
    if (caller.dead) return true;
    const node = this.#nodes.findIndex((_, index) => hostOf(index) === address.host);
    const listener = this.#nodes[node];
    const worker = this.#workers.get(caller);
    const link = this.links[worker?.index ?? -1]?.[node];
    if (listener === undefined || worker === undefined || link === undefined || address.port !== PORT) return false;
    const { index, connections } = worker;
    const onWire = (wire: Omit<WireObservation, 'node'>): void => this.#onWire(index, { node, ...wire });
    const connection = new Connection(this.#world, caller, link, listener, onWire, address, socket);
    connections.set(connection, socket);
    socket.once('close', () => connections.delete(connection));
    return true;
  }
}
