/** Consul, one server or three. */
import { z } from 'zod';
import type { Endpoint, Topology } from 'holdfast-locks';
import { plainName } from 'holdfast-locks/internal/key';
import { InfrastructureError } from '../../base/errors.ts';
import { hostAndPort } from '../address.ts';
import { afterWriting } from './container-files.ts';
import { several, single, type Layout } from './layout.ts';
import type { NodeContext, ServerDefinition } from './server.ts';

const ASK_WITHIN_MS = 2000;

/** `raft_multiplier` 1 is what the manual advises for production; sessions of less than 10 s have to be allowed. */
const configuration = ({ index, host, port, ports: [serf = 0, rpc = 0], folder, nodes }: NodeContext): object => ({
  node_name: `node-${index}`,
  server: true,
  ...(nodes.length > 1 ? { bootstrap_expect: nodes.length } : { bootstrap: true }),
  retry_join: nodes.length > 1 ? nodes.map((node) => `${node.host}:${node.ports[0]}`) : [],
  retry_interval: '1s',
  data_dir: `${folder}/consul`,
  // Where it listens is not where the others find it: containers listen everywhere.
  bind_addr: host,
  advertise_addr: nodes[index]?.host ?? host,
  client_addr: host,
  ports: { http: port, serf_lan: serf, server: rpc, serf_wan: -1, dns: -1, grpc: -1 },
  performance: { raft_multiplier: 1 },
  session_ttl_min: '1s',
  leave_on_terminate: false,
  skip_leave_on_interrupt: true,
  disable_update_check: true,
  disable_host_node_id: true,
  log_level: 'warn',
  // All of a run come from one address.
  limits: { http_max_conns_per_client: 10_000 },
});

const files = (node: NodeContext): Record<string, string> => ({ 'config.json': JSON.stringify(configuration(node)) });

export const consul: ServerDefinition = {
  name: 'consul',
  image: 'hashicorp/consul:1.13.9',
  containerPort: 8500,
  containerCommand: 'sh',
  containerReady: /Starting Consul agent/,
  native: {
    command: 'consul',
    source: { kind: 'go', module: 'consul', main: 'github.com/hashicorp/consul', version: '1.13.9' },
  },
  extraPorts: 2,
  settings: { session_ttl_min: '1s', raft_multiplier: '1' },
  args: ({ folder }) => ['agent', '-config-file', `${folder}/config.json`],
  files,
  containerArgs: (node) =>
    afterWriting(node.folder, files(node), ['consul', 'agent', '-config-file', `${node.folder}/config.json`]),
  probe: async (endpoint, timeoutMs) => {
    const leader = await ask(endpoint, '/v1/status/leader', timeoutMs);
    const members = await ask(endpoint, '/v1/health/service/consul', timeoutMs);
    // Sessions belong to a node of the catalogue: until it is there, none can be made.
    if (leader === '' || !Array.isArray(members) || members.length === 0) throw new Error('it has no leader yet');
    return (await aboutItself(endpoint, timeoutMs)).Config.Version;
  },
  census: async (endpoint, prefix) => {
    const [sessions, keys] = await Promise.all([
      ask(endpoint, '/v1/session/list?consistent', ASK_WITHIN_MS),
      keysUnder(endpoint, prefix),
    ]);
    return { sessions: z.array(z.unknown()).parse(sessions).length, keys: keys.length };
  },
  removePrefixed: async (endpoint, prefix) => {
    const keys = await keysUnder(endpoint, prefix);
    if (keys.length > 0) await ask(endpoint, `${pathUnder(prefix)}?recurse`, ASK_WITHIN_MS, 'DELETE');
    return keys.length;
  },
};

const selfSchema = z.object({
  Config: z.object({ Version: z.string() }),
  Stats: z.object({ consul: z.object({ leader: z.string() }).optional() }),
});

async function aboutItself(endpoint: Endpoint, timeoutMs: number): Promise<z.infer<typeof selfSchema>> {
  return selfSchema.parse(await ask(endpoint, '/v1/agent/self', timeoutMs));
}

export const consulLayouts: Readonly<Partial<Record<Topology, Layout>>> = {
  single: single(consul),
  '3-node quorum': {
    ...several(consul, 3),
    leader: async (nodes) => {
      const answers = await Promise.all(nodes.map((node) => aboutItself(node, ASK_WITHIN_MS).catch(() => undefined)));
      const leader = answers.findIndex((answer) => answer?.Stats.consul?.leader === 'true');
      return leader < 0 ? undefined : leader;
    },
  },
};

/** @throws InfrastructureError where the token is refused */
async function ask(endpoint: Endpoint, path: string, timeoutMs: number, method = 'GET'): Promise<unknown> {
  const scheme = endpoint.tls === true ? 'https' : 'http';
  const response = await fetch(`${scheme}://${hostAndPort(endpoint)}${path}`, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(endpoint.password === undefined ? {} : { headers: { 'X-Consul-Token': endpoint.password } }),
  });
  if (response.status === 403) throw new InfrastructureError('consul refuses this token');
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}

async function keysUnder(endpoint: Endpoint, prefix: string): Promise<string[]> {
  const keys = await ask(endpoint, `${pathUnder(prefix)}?keys&consistent`, ASK_WITHIN_MS);
  return z.array(z.string()).optional().parse(keys) ?? [];
}

function pathUnder(prefix: string): string {
  return `/v1/kv/${encodeURIComponent(plainName(prefix))}`;
}
