/** The external provisioner: servers that the user started, at addresses that the user gives. */
import { z } from 'zod';
import { HAZARDS, type Hazard } from '../../implementations/claims.ts';
import { BACKENDS, type Endpoint } from '../../implementations/lock.ts';
import {
  layoutOf,
  untilAnswering,
  type Deployment,
  type ServerNode,
  type StartRequest,
  type ToxiproxyAccess,
} from './deployment.ts';
import { UsageError } from '../errors.ts';
import type { ServerDefinition } from './servers/server.ts';
import { apiOf, toxiproxy } from './servers/toxiproxy.ts';
import { parseAddress } from './address.ts';

const nodeSchema = z.strictObject({
  /** `host:port`, or `redis://user:password@host:port` (`rediss://` for TLS), as this machine reaches the server. */
  address: z.string(),
  /** `host:port` as Toxiproxy reaches it; default: the same. */
  upstream: z.string().optional(),
});

export const externalSchema = z.strictObject({
  servers: z.partialRecord(z.enum(BACKENDS), z.array(nodeSchema).min(1)).default({}),
  toxiproxy: z
    .strictObject({
      /** `host:port` of its HTTP interface. */
      api: z.string(),
      /** Host under which this machine reaches the proxies; default: that of the interface. */
      host: z.string().optional(),
      /** First and last port for proxies, reachable from here. */
      ports: z.tuple([z.number().int().positive(), z.number().int().positive()]),
    })
    .optional(),
  /** Faults may disturb other users of these servers: pausing a server stops all of its clients. */
  allowDestructive: z.boolean().default(false),
});
export type ExternalConfig = z.infer<typeof externalSchema>;

const START_WITHIN_MS = 5000;

/** @throws UsageError when addresses are missing, InfrastructureError when a server does not answer. */
export async function startExternal(request: StartRequest, config: ExternalConfig | undefined): Promise<Deployment> {
  const layout = layoutOf(request.backend, request.topology);
  if (layout === undefined) throw new UsageError(`${request.backend} has no servers`);
  const { server } = layout;
  const nodes = addressesOf(request, config).map(
    (node, index) => new ExternalNode(index, server, parseAddress(node.address), node.upstream),
  );
  const versions = await Promise.all(
    nodes.map((node) => untilAnswering(server, node.endpoint, { withinMs: START_WITHIN_MS, signal: request.signal })),
  );
  const access = config?.toxiproxy === undefined ? undefined : await reachToxiproxy(config.toxiproxy, request);
  return {
    provisioner: 'external',
    server,
    topology: request.topology,
    version: versions[0] ?? 'unknown',
    nodes,
    toxiproxy: access,
    limits: limitsOf(access !== undefined, config?.allowDestructive === true && server.suspend !== undefined),
    stop: async () => undefined,
  };
}

/** The addresses that a lock needs, of those given. @throws UsageError when they are too few. */
export function addressesOf(
  { backend, topology }: Pick<StartRequest, 'backend' | 'topology'>,
  config: ExternalConfig | undefined,
): z.infer<typeof nodeSchema>[] {
  const wanted = layoutOf(backend, topology)?.nodes ?? 0;
  const given = config?.servers[backend] ?? [];
  if (given.length < wanted) {
    throw new UsageError(
      `--backend external needs ${wanted} ${backend} address${wanted === 1 ? '' : 'es'} for "${topology}" and has ${given.length}: give --endpoint ${backend}=HOST:PORT[,HOST:PORT…] or a holdfast.config file`,
    );
  }
  return given.slice(0, wanted);
}

async function reachToxiproxy(
  config: NonNullable<ExternalConfig['toxiproxy']>,
  request: StartRequest,
): Promise<ToxiproxyAccess> {
  const api = parseAddress(config.api);
  await untilAnswering(toxiproxy, api, { withinMs: START_WITHIN_MS, signal: request.signal });
  const [first, last] = config.ports;
  if (last - first + 1 < request.proxies) {
    throw new UsageError(
      `toxiproxy.ports has room for ${last - first + 1} proxies; ${request.proxies} are needed (workers times nodes)`,
    );
  }
  await removeForeignProxies(api, first, last);
  let next = first;
  return {
    api,
    nextListen: () => `0.0.0.0:${next++}`,
    reach: (listen) => ({ host: config.host ?? api.host, port: Number(listen.slice(listen.lastIndexOf(':') + 1)) }),
  };
}

/** Proxies that an earlier run, killed before it could tidy up, left on our ports. */
async function removeForeignProxies(api: Endpoint, first: number, last: number): Promise<void> {
  const proxies = (await (await fetch(`${apiOf(api)}/proxies`)).json()) as Record<
    string,
    { name: string; listen: string }
  >;
  for (const { name, listen } of Object.values(proxies)) {
    const port = Number(listen.slice(listen.lastIndexOf(':') + 1));
    if (name.startsWith('arena') && port >= first && port <= last) {
      await fetch(`${apiOf(api)}/proxies/${encodeURIComponent(name)}`, { method: 'DELETE' });
    }
  }
}

/** Hazards that need a hand on the server's process, which we do not have there. */
function limitsOf(hasToxiproxy: boolean, maySuspend: boolean): Partial<Record<Hazard, string>> {
  const limits: Partial<Record<Hazard, string>> = {};
  const ofProcesses: readonly Hazard[] = ['none', 'client-pause', 'client-crash', 'client-clock-jump'];
  for (const hazard of HAZARDS) {
    if (hazard === 'server-pause') {
      if (!maySuspend) limits[hazard] = 'would stop every client of that server: allow it by --allow-destructive';
    } else if (/^(server-|clock-|failover)/.test(hazard)) {
      limits[hazard] = 'a server given by its address is not ours to kill, restart or set the clock of';
    } else if (!hasToxiproxy && !ofProcesses.includes(hazard)) {
      limits[hazard] = 'no Toxiproxy is given: the network cannot be disturbed';
    }
  }
  return limits;
}

class ExternalNode implements ServerNode {
  readonly index: number;
  readonly endpoint: Endpoint;
  readonly upstream: string;
  readonly #server: ServerDefinition;

  constructor(index: number, server: ServerDefinition, endpoint: Endpoint, upstream: string | undefined) {
    this.index = index;
    this.endpoint = endpoint;
    this.upstream = upstream ?? `${endpoint.host}:${endpoint.port}`;
    this.#server = server;
  }

  crash = refuse;
  restart = refuse;
  setClock = refuse;
  prepareClock = async (): Promise<void> => undefined;

  async pause(): Promise<void> {
    await this.#server.suspend?.(this.endpoint, true);
  }

  async resume(): Promise<void> {
    await this.#server.suspend?.(this.endpoint, false);
  }
}

async function refuse(): Promise<never> {
  throw new UsageError('a server given by its address cannot be killed, restarted or set to another time');
}
