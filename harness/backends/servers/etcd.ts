/** etcd, one member or three; asked by its JSON gateway. */
import { z } from 'zod';
import { plainName } from 'holdfast-locks/internal/key';
import type { Endpoint, Topology } from 'holdfast-locks';
import { InfrastructureError } from '../../base/errors.ts';
import { hostAndPort } from '../address.ts';
import { several, single, type Layout } from './layout.ts';
import type { NodePlace, ServerDefinition } from './server.ts';

const ASK_WITHIN_MS = 2000;
const HEARTBEAT_MS = 50;
const ELECTION_MS = 500;

const clientUrl = ({ host, port }: NodePlace): string => `http://${host}:${port}`;
const peerUrl = ({ host, ports: [peer] }: NodePlace): string => `http://${host}:${peer}`;

/**
 * Leases live a second at least (etcd counts them in seconds, and not below one and a half election timeouts). Its renewal of
 * leases asks a majority whether the leader still leads, since 3.5; before, a leader that was cut off renewed alone.
 */
export const etcd: ServerDefinition = {
  name: 'etcd',
  image: 'quay.io/coreos/etcd:v3.6.16',
  containerPort: 2379,
  containerCommand: 'etcd',
  // One line that it logs at this level, too; that it serves is asked.
  containerReady: /Running http and grpc server on single port/,
  native: {
    command: 'etcd',
    source: { kind: 'go', module: 'etcd', main: 'go.etcd.io/etcd/server/v3', version: '3.6.16' },
  },
  extraPorts: 1,
  settings: { 'heartbeat-interval': `${HEARTBEAT_MS} ms`, 'election-timeout': `${ELECTION_MS} ms` },
  args: (node) => {
    const nodes = node.nodes.length > 0 ? node.nodes : [node];
    // Where it listens is not where the others find it: containers listen everywhere.
    const announced = nodes[node.index] ?? node;
    const cluster = nodes.map((one) => `node-${one.index}=${peerUrl(one)}`).join(',');
    return [
      ...['--name', `node-${node.index}`, '--data-dir', `${node.folder}/etcd`],
      ...['--listen-client-urls', clientUrl(node), '--advertise-client-urls', clientUrl(announced)],
      ...['--listen-peer-urls', peerUrl(node), '--initial-advertise-peer-urls', peerUrl(announced)],
      ...['--initial-cluster', cluster, '--initial-cluster-state', 'new', '--initial-cluster-token', 'holdfast'],
      ...['--heartbeat-interval', String(HEARTBEAT_MS), '--election-timeout', String(ELECTION_MS)],
      ...['--log-level', 'warn'],
    ];
  },
  probe: async (endpoint, timeoutMs) => {
    const health = healthSchema.parse(await ask(endpoint, '/health', undefined, timeoutMs));
    if (health.health !== 'true') throw new Error(`it is not healthy: ${health.reason ?? ''}`);
    return z.object({ etcdserver: z.string() }).parse(await ask(endpoint, '/version', undefined, timeoutMs)).etcdserver;
  },
  census: async (endpoint, prefix) => {
    const [keys, leases] = await Promise.all([
      ask(endpoint, '/v3/kv/range', { ...rangeUnder(prefix), count_only: true }, ASK_WITHIN_MS),
      ask(endpoint, '/v3/lease/leases', {}, ASK_WITHIN_MS),
    ]);
    return {
      keys: Number(z.object({ count: z.string().default('0') }).parse(keys).count),
      leases: z.object({ leases: z.array(z.unknown()).default([]) }).parse(leases).leases.length,
    };
  },
  removePrefixed: async (endpoint, prefix) => {
    const answer = await ask(endpoint, '/v3/kv/deleterange', rangeUnder(prefix), ASK_WITHIN_MS);
    return Number(z.object({ deleted: z.string().default('0') }).parse(answer).deleted);
  },
};

const healthSchema = z.object({ health: z.string(), reason: z.string().optional() });
const statusSchema = z.object({ header: z.object({ member_id: z.string() }), leader: z.string().default('0') });

export const etcdLayouts: Readonly<Partial<Record<Topology, Layout>>> = {
  single: single(etcd),
  '3-node quorum': {
    ...several(etcd, 3),
    leader: async (nodes) => {
      const answers = await Promise.all(
        nodes.map((node) => ask(node, '/v3/maintenance/status', {}, ASK_WITHIN_MS).catch(() => undefined)),
      );
      const leader = answers.findIndex((answer) => {
        const status = statusSchema.safeParse(answer);
        return status.success && status.data.leader === status.data.header.member_id;
      });
      return leader < 0 ? undefined : leader;
    },
  },
};

/** @throws InfrastructureError where the user is refused */
async function ask(endpoint: Endpoint, path: string, body: object | undefined, timeoutMs: number): Promise<unknown> {
  const base = `${endpoint.tls === true ? 'https' : 'http'}://${hostAndPort(endpoint)}`;
  const signal = AbortSignal.timeout(timeoutMs);
  const headers: Record<string, string> = {};
  if (body !== undefined && endpoint.username !== undefined) {
    const { username: name, password = '' } = endpoint;
    const answer = await fetch(`${base}/v3/auth/authenticate`, {
      method: 'POST',
      body: JSON.stringify({ name, password }),
      signal,
    });
    if (!answer.ok) throw new InfrastructureError(`etcd refuses this user: ${await answer.text()}`);
    headers['authorization'] = z.object({ token: z.string() }).parse(await answer.json()).token;
  }
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers };
  const response = await fetch(base + path, { ...request, signal });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}

function rangeUnder(prefix: string): object {
  const start = Buffer.from(plainName(prefix));
  const end = Buffer.from(start);
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return { key: start.toString('base64'), range_end: end.toString('base64') };
}
