/** The network between workers and servers: one Toxiproxy proxy for each worker and node. */
import { Toxiproxy, type Proxy, type Toxic } from 'toxiproxy-node-client';
import type { Endpoint } from 'holdfast-locks';
import type { ServerNode, ToxiproxyAccess } from './deployment.ts';
import { apiOf } from './servers/toxiproxy.ts';

export type Direction = 'request' | 'reply' | 'both';

/** Undoes a disturbance; settles when Toxiproxy has confirmed it. */
export type Undo = () => Promise<void>;

/** The link of one worker to one node. */
export class Link {
  readonly endpoint: Endpoint;
  readonly #proxy: Proxy;
  #toxics = 0;
  readonly #disturbances = new Set<Undo>();

  constructor(proxy: Proxy, endpoint: Endpoint) {
    this.#proxy = proxy;
    this.endpoint = endpoint;
  }

  /** Everything sent in this direction arrives this much later. */
  delay(delayMs: number, direction: Direction): Promise<Undo> {
    return this.#add('latency', direction, { latency: delayMs, jitter: 0 });
  }

  /** Nothing arrives in this direction any more; connections stay open and silent, and are closed by the undoing. */
  blackHole(direction: Direction): Promise<Undo> {
    return this.#add('timeout', direction, { timeout: 0 });
  }

  /** The next data in this direction is dropped, and the connection reset after `afterMs`. */
  reset(afterMs: number, direction: Direction): Promise<Undo> {
    return this.#add('reset_peer', direction, { timeout: afterMs });
  }

  /** Ends every disturbance. */
  async heal(): Promise<void> {
    await Promise.all([...this.#disturbances].map((undo) => undo()));
  }

  remove(): Promise<void> {
    return this.#proxy.remove();
  }

  async #add(type: 'latency' | 'timeout' | 'reset_peer', direction: Direction, attributes: object): Promise<Undo> {
    const streams =
      direction === 'both'
        ? (['upstream', 'downstream'] as const)
        : [direction === 'request' ? ('upstream' as const) : ('downstream' as const)];
    const toxics = await Promise.all(
      streams.map((stream) =>
        this.#proxy.addToxic({ name: `${type}-${stream}-${this.#toxics++}`, type, stream, toxicity: 1, attributes }),
      ),
    );
    const undo = async (): Promise<void> => {
      if (this.#disturbances.delete(undo)) await Promise.all(toxics.map(removeToxic));
    };
    this.#disturbances.add(undo);
    return undo;
  }
}

/**
 * Toxiproxy removes a delay while it holds back answers for a client that has gone at the cost of five seconds for each
 * of them (`ToxicLink.RemoveToxic` waits for nobody to read), and gives its own API up after 25: a delay of nothing first
 * lets them out.
 */
async function removeToxic(toxic: Toxic<object>): Promise<void> {
  if (toxic.type === 'latency') await toxic.update({ ...toxic.toJson(), attributes: { latency: 0, jitter: 0 } });
  await toxic.remove();
}

/** `links[worker][node]` */
export type Links = readonly (readonly Link[])[];

export async function makeLinks(
  access: ToxiproxyAccess,
  nodes: readonly ServerNode[],
  workers: number,
  name: string,
): Promise<Links> {
  const api = new Toxiproxy(apiOf(access.api));
  const make = async (worker: number, node: ServerNode): Promise<Link> => {
    const proxy = await api.createProxy({
      name: `${name}-worker-${worker}-node-${node.index}`,
      listen: access.nextListen(),
      upstream: node.upstream,
      enabled: true,
    });
    return new Link(proxy, access.reach(proxy.listen));
  };
  return Promise.all(
    Array.from({ length: workers }, (_, worker) => Promise.all(nodes.map((node) => make(worker, node)))),
  );
}
