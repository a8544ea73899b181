/** The external provisioner: servers that the user started, at addresses that the user gives. */
import type { Endpoint } from 'holdfast-locks';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { hostAndPort, parseAddress } from './address.ts';
import {
  layoutOf,
  untilAnswering,
  type Deployment,
  type Limits,
  type ServerNode,
  type StartRequest,
} from './deployment.ts';
import type { ExternalConfig, NodeConfig } from './external-config.ts';
import { formationOf } from './formation.ts';
import { removeTraces, type Traces } from './external-traces.ts';
import { reachToxiproxy } from './external-toxiproxy.ts';
import type { Session } from './session.ts';
import type { ServerDefinition } from './servers/server.ts';

const ANSWER_WITHIN_MS = 5000;
const NOT_OURS = 'a server given by its address is not ours to kill, restart, cut off or set the clock of';

/** @throws UsageError when addresses are missing, InfrastructureError when a server does not answer. */
export async function startExternal(
  session: Session,
  request: StartRequest,
  config: ExternalConfig | undefined,
): Promise<Deployment> {
  const layout = layoutOf(request.backend, request.topology);
  if (layout === undefined) throw new UsageError(`${request.backend} has no servers`);
  const within = { withinMs: ANSWER_WITHIN_MS, signal: request.signal };
  const nodes = addressesOf(request, config).map(
    (node, index) =>
      new ExternalNode(index, layout.nodes[index] ?? layout.nodes[0], parseAddress(node.address), node.upstream),
  );
  checkThatTheyDiffer(nodes);
  const [versions, access] = await Promise.all([
    Promise.all(nodes.map((node) => untilAnswering(node.server, node.endpoint, within))),
    config?.toxiproxy === undefined ? undefined : reachToxiproxy(config.toxiproxy, request.proxies, within),
  ]);
  const traces: Traces = {
    backend: request.backend,
    topology: request.topology,
    endpoints: nodes.map((node) => node.endpoint),
    prefix: session.prefix,
    ...(access === undefined ? {} : { toxiproxy: access.api, proxies: session.proxyPrefix }),
  };
  const tracesAreGone = session.leavesTraces(traces);
  return {
    ...formationOf(layout, nodes, request.signal),
    // Whoever started them has made them whole.
    form: async () => undefined,
    provisioner: 'external',
    topology: request.topology,
    version: versions[0] ?? 'unknown',
    settings: {},
    toxiproxy: access,
    limits: limitsOf(access !== undefined, config?.allowDestructive === true && layout.nodes[0].suspend !== undefined),
    isolate: () => Promise.reject(new UsageError(NOT_OURS)),
    prepareClocks: async () => undefined,
    stop: async () => {
      await removeTraces(traces).catch((cause: unknown) => {
        throw new InfrastructureError(
          `what this run wrote under "${traces.prefix}" could not be removed: ${(cause as Error).message}`,
          { cause },
        );
      });
      tracesAreGone();
    },
  };
}

/** The addresses that a lock needs, of those given. @throws UsageError when they are too few. */
export function addressesOf(
  { backend, topology }: Pick<StartRequest, 'backend' | 'topology'>,
  config: ExternalConfig | undefined,
): NodeConfig[] {
  const wanted = layoutOf(backend, topology)?.nodes.length ?? 0;
  const given = config?.servers[backend] ?? [];
  if (given.length < wanted) {
    throw new UsageError(
      `--backend external needs ${wanted} ${backend} address${wanted === 1 ? '' : 'es'} for "${topology}" and has ${given.length}: give --endpoint ${backend}=HOST:PORT[,HOST:PORT…] or a holdfast.config file`,
    );
  }
  return given.slice(0, wanted);
}

/** One server that is given twice would vote twice. */
function checkThatTheyDiffer(nodes: readonly ExternalNode[]): void {
  const seen = new Set<string>();
  for (const { endpoint } of nodes) {
    const where = hostAndPort(endpoint);
    if (seen.has(where)) throw new UsageError(`${where} is given twice: independent nodes are different servers`);
    seen.add(where);
  }
}

function limitsOf(hasToxiproxy: boolean, maySuspend: boolean): Limits {
  return {
    ...{ partition: NOT_OURS, kill: NOT_OURS, clock: NOT_OURS },
    ...(maySuspend ? {} : { pause: 'would stop every client of that server: allow it by --allow-destructive' }),
    ...(hasToxiproxy ? {} : { links: 'no Toxiproxy is given: the network cannot be disturbed' }),
  };
}

class ExternalNode implements ServerNode {
  readonly index: number;
  readonly endpoint: Endpoint;
  readonly upstream: string;
  readonly server: ServerDefinition;

  constructor(index: number, server: ServerDefinition, endpoint: Endpoint, upstream: string | undefined) {
    this.index = index;
    this.endpoint = endpoint;
    this.upstream = upstream ?? hostAndPort(endpoint);
    this.server = server;
  }

  crash = refuse;
  restart = refuse;
  setClock = refuse;

  async pause(): Promise<void> {
    await this.server.suspend?.(this.endpoint, true);
  }

  async resume(): Promise<void> {
    await this.server.suspend?.(this.endpoint, false);
  }
}

async function refuse(): Promise<never> {
  throw new UsageError('a server given by its address cannot be killed, restarted or set to another time');
}
