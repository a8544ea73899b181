/** The docker provisioner: servers in containers, by Testcontainers. */
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import type { Hazard } from '../../implementations/claims.ts';
import type { Endpoint } from '../../implementations/lock.ts';
import { allSettled } from '../all-settled.ts';
import { InfrastructureError } from '../errors.ts';
import { ContainerNode, DATA_FOLDER, entrypointOf, NO_CLOCK } from './container-node.ts';
import { layoutOf, untilAnswering, type Deployment, type StartRequest } from './deployment.ts';
import { dockerVersion, engineAddress } from './engine.ts';
import { SESSION_LABEL } from './marked.ts';
import { freePort } from './ports.ts';
import type { ServerDefinition } from './servers/server.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import type { Session } from './session.ts';

const START_WITHIN_MS = 30_000;
const FIRST_NODE_PORT = 16_000;
const FIRST_PROXY_PORT = 26_000;
const CLOCK_HAZARDS: readonly Hazard[] = ['clock-jump', 'clock-jump-back', 'clock-jump-majority'];

/** Image of a server, which `HOLDFAST_IMAGE_<NAME>` overrides. */
export function imageOf(server: ServerDefinition): string {
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
  const start = async (server: ServerDefinition, port: number, network: NetworkPart): Promise<StartedTestContainer> => {
    request.signal.throwIfAborted();
    const container = await containerOf(session, server, port, network).start();
    started.push(container);
    return container;
  };
  try {
    const ports = await portsFor(layout.nodes, request.proxies);
    const proxy = await start(toxiproxy, toxiproxy.containerPort, { published: ports });
    const within = { withinMs: START_WITHIN_MS, signal: request.signal };
    const reach = (inside: number): Endpoint => ({ host: proxy.getHost(), port: ports.get(inside) ?? 0 });
    const nodes = await allSettled(
      Array.from({ length: layout.nodes }, async (_, index) => {
        const port = FIRST_NODE_PORT + index;
        const container = await start(layout.server, port, { sharedWith: proxy.getId() });
        const endpoint = reach(port);
        const version = await untilAnswering(layout.server, endpoint, within);
        const parts = { server: layout.server, container, endpoint, upstream: `127.0.0.1:${port}` };
        return { node: new ContainerNode(index, parts, request.signal), version };
      }),
    );
    const api = reach(toxiproxy.containerPort);
    await untilAnswering(toxiproxy, api, within);
    let next = FIRST_PROXY_PORT;
    return {
      provisioner: 'docker',
      server: layout.server,
      topology: request.topology,
      version: nodes[0]?.version ?? 'unknown',
      settings: layout.server.settings,
      nodes: nodes.map(({ node }) => node),
      toxiproxy: {
        api,
        nextListen: () => `0.0.0.0:${next++}`,
        reach: (listen) => reach(Number(listen.slice(listen.lastIndexOf(':') + 1))),
      },
      limits: Object.fromEntries(CLOCK_HAZARDS.map((hazard) => [hazard, NO_CLOCK])),
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
async function portsFor(nodes: number, proxies: number): Promise<Map<number, number>> {
  const ports = new Map<number, number>([[toxiproxy.containerPort, await freePort()]]);
  for (let index = 0; index < nodes; index++) ports.set(FIRST_NODE_PORT + index, await freePort());
  for (let index = 0; index < proxies; index++) ports.set(FIRST_PROXY_PORT + index, await freePort());
  return ports;
}

/** A network of its own with these ports, or that of another container. */
type NetworkPart = { readonly published: ReadonlyMap<number, number> } | { readonly sharedWith: string };

function containerOf(session: Session, server: ServerDefinition, port: number, network: NetworkPart): GenericContainer {
  const container = new GenericContainer(imageOf(server))
    // The session's own reaper removes what is left; Ryuk would be one more image to pull and one more container to trust.
    .withAutoCleanup(false)
    .withLabels({ [SESSION_LABEL]: session.id })
    .withCommand(server.args({ host: '0.0.0.0', port, folder: DATA_FOLDER }))
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
