/** The docker provisioner: servers in containers, by Testcontainers. */
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import type { Endpoint } from 'holdfast-locks';
import { allSettled } from '../base/all-settled.ts';
import { InfrastructureError } from '../base/errors.ts';
import { ContainerNode, DATA_FOLDER, entrypointOf, NO_CLOCK } from './container-node.ts';
import { layoutOf, untilAnswering, type Deployment, type StartRequest } from './deployment.ts';
import { dockerVersion, engineAddress } from './engine.ts';
import { formationOf } from './formation.ts';
import { SESSION_LABEL } from './marked.ts';
import { freePort } from './ports.ts';
import type { NodeContext, NodePlace, ServerDefinition } from './servers/server.ts';
import { inStages } from './stages.ts';
import { accessFrom } from './toxiproxy-access.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import type { Session } from './session.ts';

const START_WITHIN_MS = 30_000;
const FIRST_NODE_PORT = 16_000;
/** Ports that are set aside for each node. */
const PORTS_PER_NODE = 10;
const FIRST_PROXY_PORT = 26_000;
const ONE_NETWORK = 'containers of one deployment share a network: they cannot be cut from each other';

/** Image of a server, which `HOLDFAST_IMAGE_<NAME>` overrides. */
function imageOf(server: ServerDefinition): string {
  return process.env[`HOLDFAST_IMAGE_${server.name.toUpperCase()}`] ?? server.image;
}

/**
 * All containers share the network of the Toxiproxy container, as in a pod: while a server is down, connections to it
 * are refused at once. By a name of its own it could not even be looked up then, and Toxiproxy would wait for DNS.
 */
export async function startDocker(session: Session, request: StartRequest): Promise<Deployment> {
  const layout = layoutOf(request.backend, request.topology);
  if (layout === undefined) throw new InfrastructureError(`${request.backend} has no servers to start`);
  await connectToEngine();
  session.usesContainers();
  const started: StartedTestContainer[] = [];
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    // If one fails, the session's reaper removes it.
    await allSettled(started.map((container) => container.stop({ timeout: 0 })));
  };
  const start = async (
    server: ServerDefinition,
    node: NodeContext,
    network: NetworkPart,
  ): Promise<StartedTestContainer> => {
    request.signal.throwIfAborted();
    const container = await containerOf(session, server, node, network).start();
    started.push(container);
    return container;
  };
  try {
    const places = layout.nodes.map(placeOf);
    const ports = await portsFor(places, request.proxies);
    const proxy = await start(
      toxiproxy,
      { index: 0, host: '0.0.0.0', port: toxiproxy.containerPort, ports: [], folder: DATA_FOLDER, nodes: [] },
      { published: ports },
    );
    const within = { withinMs: START_WITHIN_MS, signal: request.signal };
    const reach = (inside: number): Endpoint => ({ host: proxy.getHost(), port: ports.get(inside) ?? 0 });
    const nodes = await inStages(layout, async (index) => {
      const server = layout.nodes[index] ?? layout.nodes[0];
      const place = placeOf(server, index);
      const container = await start(
        server,
        { ...place, folder: DATA_FOLDER, nodes: places },
        { sharedWith: proxy.getId() },
      );
      const endpoint = reach(place.port);
      const version = await untilAnswering(server, endpoint, within);
      const parts = { server, container, endpoint, upstream: `${place.host}:${place.port}` };
      return { node: new ContainerNode(index, parts, request.signal), version };
    });
    const api = reach(toxiproxy.containerPort);
    await untilAnswering(toxiproxy, api, within);
    const formation = formationOf(
      layout,
      nodes.map(({ node }) => node),
      request.signal,
    );
    await formation.form();
    return {
      ...formation,
      provisioner: 'docker',
      topology: request.topology,
      version: nodes[0]?.version ?? 'unknown',
      settings: layout.nodes[0].settings,
      toxiproxy: accessFrom(
        api,
        [...ports].filter(([inside]) => inside >= FIRST_PROXY_PORT),
      ),
      limits: { clock: NO_CLOCK, partition: ONE_NETWORK },
      isolate: () => Promise.reject(new InfrastructureError(ONE_NETWORK)),
      prepareClocks: async (movable) => {
        if (movable) throw new InfrastructureError(NO_CLOCK);
      },
      stop: () => (stopping ??= stop()),
    };
  } catch (cause) {
    // What made the start fail says more than what is left of it.
    await stop().catch(() => undefined);
    if (cause instanceof InfrastructureError || request.signal.aborted) throw cause;
    throw new InfrastructureError(`containers cannot be started: ${(cause as Error).message}`, { cause });
  }
}

/** Makes Testcontainers talk to the engine that the docker command talks to. */
async function connectToEngine(): Promise<void> {
  if ((await dockerVersion()) === undefined) {
    throw new InfrastructureError('no Docker engine answers: start one, or use --backend native');
  }
  const address = await engineAddress();
  if (address !== undefined) process.env['DOCKER_HOST'] ??= address;
}

/** Port of each server and proxy inside → a port of the machine, the same for as long as the containers live. */
async function portsFor(places: readonly NodePlace[], proxies: number): Promise<Map<number, number>> {
  const ports = new Map<number, number>([[toxiproxy.containerPort, await freePort()]]);
  for (const { port } of places) ports.set(port, await freePort());
  for (let index = 0; index < proxies; index++) ports.set(FIRST_PROXY_PORT + index, await freePort());
  return ports;
}

/** A network of its own with these ports, or that of another container. */
type NetworkPart = { readonly published: ReadonlyMap<number, number> } | { readonly sharedWith: string };

function placeOf(server: ServerDefinition, index: number): NodePlace {
  const port = FIRST_NODE_PORT + index * PORTS_PER_NODE;
  const ports = Array.from({ length: server.extraPorts ?? 0 }, (_, more) => port + 1 + more);
  return { index, host: '127.0.0.1', port, ports };
}

function containerOf(
  session: Session,
  server: ServerDefinition,
  node: NodeContext,
  network: NetworkPart,
): GenericContainer {
  const within = { ...node, host: '0.0.0.0' };
  const container = new GenericContainer(imageOf(server))
    // The session's own reaper removes what is left; Ryuk would be one more image to pull and one more container to trust.
    .withAutoCleanup(false)
    .withLabels({ [SESSION_LABEL]: session.id })
    // Inside, a server listens everywhere; the others reach it at the address in its place among the nodes.
    .withCommand(server.containerArgs?.(within) ?? server.args(within))
    .withEnvironment({ ...server.containerEnvironment })
    .withCopyContentToContainer(
      Object.entries(server.files?.(node) ?? {}).map(([path, content]) => ({
        content,
        target: `${DATA_FOLDER}/${path}`,
      })),
    )
    .withWaitStrategy(Wait.forLogMessage(server.containerReady))
    .withStartupTimeout(START_WITHIN_MS);
  const entrypoint = entrypointOf(server);
  if (entrypoint !== undefined) container.withEntrypoint(entrypoint);
  return 'sharedWith' in network
    ? container.withNetworkMode(`container:${network.sharedWith}`)
    : container.withExposedPorts(
        ...Array.from(network.published, ([inside, outside]) => ({ container: inside, host: outside })),
      );
}
