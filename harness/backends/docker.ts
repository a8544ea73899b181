/** The docker provisioner: servers in containers, by Testcontainers, on a network of their own. */
import { randomUUID } from 'node:crypto';
import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  Wait,
  type StartedNetwork,
  type StartedTestContainer,
} from 'testcontainers';
import getPort from 'get-port';
import type { Hazard } from '../../implementations/claims.ts';
import type { Endpoint } from '../../implementations/lock.ts';
import { InfrastructureError } from '../errors.ts';
import { layoutOf, untilAnswering, type Deployment, type ServerNode, type StartRequest } from './deployment.ts';
import { networkName, SESSION_LABEL } from './marked.ts';
import type { ServerDefinition } from './servers/server.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import type { Session } from './session.ts';

const START_WITHIN_MS = 30_000;
/** Where servers keep their data inside their container. */
const DATA_FOLDER = '/data';
const FIRST_PROXY_PORT = 26_000;
const NO_CLOCK = 'the wall clock of a container cannot be moved apart from the machine’s';

/** Image of a server, which `HOLDFAST_IMAGE_<NAME>` overrides. */
export function imageOf(server: ServerDefinition): string {
  return process.env[`HOLDFAST_IMAGE_${server.name.toUpperCase()}`] ?? server.image;
}

export async function startDocker(session: Session, request: StartRequest): Promise<Deployment> {
  const layout = layoutOf(request.backend, request.topology);
  if (layout === undefined) throw new InfrastructureError(`${request.backend} has no servers to start`);
  // The session's own reaper removes what is left; Ryuk would be one more image to pull and one more container to trust.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  session.usesContainers();
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const network = await new Network({
      nextUuid: () => `${networkName(session.id)}-${randomUUID()}`,
    }).start();
    undo.push(() => network.stop());
    const proxyPorts = new Map<number, number>();
    for (let index = 0; index < request.proxies; index++) proxyPorts.set(FIRST_PROXY_PORT + index, await getPort());
    const start = async (
      server: ServerDefinition,
      alias: string,
      ports: ReadonlyMap<number, number>,
    ): Promise<StartedServer> => {
      const started = await startContainer(session, server, network, alias, ports);
      undo.push(() => started.container.stop({ timeout: 0 }));
      const version = await untilAnswering(server, started.endpoint, {
        withinMs: START_WITHIN_MS,
        signal: request.signal,
      });
      return { ...started, version };
    };
    const [proxy, ...nodes] = await Promise.all([
      start(toxiproxy, 'toxiproxy', proxyPorts),
      ...Array.from({ length: layout.nodes }, (_, index) =>
        start(layout.server, `${layout.server.name}-${index}`, new Map()),
      ),
    ]);
    let next = FIRST_PROXY_PORT;
    const limited: readonly Hazard[] = ['clock-jump', 'clock-jump-back', 'clock-jump-majority'];
    return {
      provisioner: 'docker',
      server: layout.server,
      topology: request.topology,
      version: nodes[0]?.version ?? 'unknown',
      nodes: nodes.map((node, index) => new ContainerNode(index, layout.server, node, request.signal)),
      toxiproxy: {
        api: proxy.endpoint,
        nextListen: () => `0.0.0.0:${next++}`,
        reach: (listen) => ({
          host: proxy.endpoint.host,
          port: proxyPorts.get(Number(listen.slice(listen.lastIndexOf(':') + 1))) ?? 0,
        }),
      },
      limits: Object.fromEntries(limited.map((hazard) => [hazard, NO_CLOCK])),
      stop,
    };
  } catch (cause) {
    await stop();
    if (cause instanceof InfrastructureError || request.signal.aborted) throw cause;
    throw new InfrastructureError(`containers cannot be started: ${(cause as Error).message}`, { cause });
  }
}

interface StartedServer {
  readonly container: StartedTestContainer;
  readonly endpoint: Endpoint;
  readonly alias: string;
  readonly version: string;
}

async function startContainer(
  session: Session,
  server: ServerDefinition,
  network: StartedNetwork,
  alias: string,
  ports: ReadonlyMap<number, number>,
): Promise<Omit<StartedServer, 'version'>> {
  // A port of the machine that stays the same when the container is started again.
  const port = await getPort();
  const exposed = [[server.containerPort, port] as const, ...ports];
  const container = await new GenericContainer(imageOf(server))
    .withNetwork(network)
    .withNetworkAliases(alias)
    .withLabels({ [SESSION_LABEL]: session.id })
    .withExposedPorts(...exposed.map(([inside, outside]) => ({ container: inside, host: outside })))
    .withEntrypoint([server.containerCommand])
    .withCommand(server.args({ host: '0.0.0.0', port: server.containerPort, folder: DATA_FOLDER }))
    .withWaitStrategy(Wait.forLogMessage(server.containerReady))
    .withStartupTimeout(START_WITHIN_MS)
    .start();
  return { container, endpoint: { host: container.getHost(), port }, alias };
}

class ContainerNode implements ServerNode {
  readonly index: number;
  readonly endpoint: Endpoint;
  readonly upstream: string;
  readonly #server: ServerDefinition;
  readonly #container: StartedTestContainer;
  readonly #signal: AbortSignal;

  constructor(index: number, server: ServerDefinition, started: StartedServer, signal: AbortSignal) {
    this.index = index;
    this.endpoint = started.endpoint;
    this.upstream = `${started.alias}:${server.containerPort}`;
    this.#server = server;
    this.#container = started.container;
    this.#signal = signal;
  }

  async crash(): Promise<void> {
    await (await this.#docker()).kill({ signal: 'SIGKILL' });
    await (await this.#docker()).wait();
  }

  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    await (await this.#docker()).start();
    if (!keepData) await this.#startEmpty();
    await untilAnswering(this.#server, this.endpoint, { withinMs: START_WITHIN_MS, signal: this.#signal });
  }

  /** The files can be removed only from inside: the server that came up with them is killed once more. */
  async #startEmpty(): Promise<void> {
    await this.#container.exec(['sh', '-c', `rm -rf ${DATA_FOLDER}/*`]);
    await this.crash();
    await (await this.#docker()).start();
  }

  async pause(): Promise<void> {
    await (await this.#docker()).pause();
  }

  async resume(): Promise<void> {
    await (await this.#docker()).unpause();
  }

  async setClock(): Promise<void> {
    throw new InfrastructureError(NO_CLOCK);
  }

  async prepareClock(movable: boolean): Promise<void> {
    if (movable) throw new InfrastructureError(NO_CLOCK);
  }

  async #docker(): Promise<ReturnType<Awaited<ReturnType<typeof getContainerRuntimeClient>>['container']['getById']>> {
    const client = await getContainerRuntimeClient();
    return client.container.getById(this.#container.getId());
  }
}
