/** A Redis Cluster of three primaries with a replica each, put together command by command as `redis-cli` does it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Endpoint } from 'holdfast-locks';
import type { Layout } from './layout.ts';
import { withClient } from './redis-client.ts';
import type { ServerDefinition } from './server.ts';

const NODES = 6;
const PRIMARIES = 3;
const SLOTS = 16_384;
/** A node that does not answer for so long is taken for dead. */
const NODE_TIMEOUT_MS = 1000;
const COMMAND_WITHIN_MS = 2000;
const ASK_WITHIN_MS = 500;
const LOOK_EVERY_MS = 50;

export function clusterLayout(redis: ServerDefinition): Layout {
  const node: ServerDefinition = {
    ...redis,
    extraPorts: 1,
    settings: {
      ...redis.settings,
      replicas: '1 of each primary, asynchronous',
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
    },
    args: (context) => [
      ...redis.args(context),
      ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
      ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-port', String(context.ports[0])],
      ...['--cluster-announce-ip', context.nodes[context.index]?.host ?? context.host],
      ...['--repl-diskless-sync-delay', '0'],
    ],
  };
  return {
    nodes: [node, ...Array.from({ length: NODES - 1 }, () => node)],
    form: assemble,
    leader: busiestPrimary,
  };
}

/** Settles when all slots are served and every replica follows its primary. */
async function assemble(
  nodes: readonly Endpoint[],
  announced: readonly Endpoint[],
  signal: AbortSignal,
): Promise<void> {
  const onEach = <T>(use: (client: Redis, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(nodes.map((node, index) => withClient(node, COMMAND_WITHIN_MS, (client) => use(client, index))));
  const until = async (good: () => Promise<boolean>): Promise<void> => {
    while (!(await good())) await sleep(LOOK_EVERY_MS, undefined, { signal });
  };
  const facts = await onEach(async (client, index) => {
    // An epoch of its own, or the primaries would first have to settle who comes first.
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    if (index < PRIMARIES) {
      const first = Math.ceil((SLOTS / PRIMARIES) * index);
      const last = Math.ceil((SLOTS / PRIMARIES) * (index + 1)) - 1;
      await client.call('CLUSTER', 'ADDSLOTSRANGE', String(first), String(last));
    }
    const [, busPort] = (await client.config('GET', 'cluster-port')) as [string, string];
    return { id: String(await client.call('CLUSTER', 'MYID')), busPort };
  });
  await onEach(async (client, index) => {
    if (index > 0) return;
    for (const [other, { host, port }] of announced.entries()) {
      if (other > 0) await client.call('CLUSTER', 'MEET', host, String(port), facts[other]?.busPort ?? '');
    }
  });
  await until(async () => {
    const known = await onEach(async (client) => (await nodesSeenBy(client)).filter(({ linked }) => linked).length);
    return known.every((count) => count === NODES);
  });
  await onEach(async (client, index) => {
    if (index >= PRIMARIES) await client.call('CLUSTER', 'REPLICATE', facts[index - PRIMARIES]?.id ?? '');
  });
  await until(async () => {
    const whole = await onEach(async (client, index) => {
      const state = String(await client.call('CLUSTER', 'INFO'));
      const replication = await client.info('replication');
      const seen = await nodesSeenBy(client);
      return (
        state.includes('cluster_state:ok') &&
        seen.filter(({ replica }) => replica).length === NODES - PRIMARIES &&
        (index < PRIMARIES ? /connected_slaves:1/ : /master_link_status:up/).test(replication)
      );
    });
    return whole.every(Boolean);
  });
}

interface SeenNode {
  readonly myself: boolean;
  readonly linked: boolean;
  readonly replica: boolean;
  readonly slots: readonly string[];
}

/** `CLUSTER NODES`: id, address, flags, primary, ping, pong, epoch, link, slots. */
async function nodesSeenBy(client: Redis): Promise<SeenNode[]> {
  const reply = String(await client.call('CLUSTER', 'NODES'));
  return reply
    .trim()
    .split('\n')
    .map((line) => {
      const [, , flags = '', , , , , link, ...slots] = line.split(' ');
      const has = (flag: string): boolean => flags.split(',').includes(flag);
      const linked = link === 'connected' && !has('handshake');
      return { myself: has('myself'), linked, replica: has('slave'), slots };
    });
}

/**
 * Each primary leads its own slots; the busiest of them stands for all, for its failure is noticed. While slots are
 * without a primary that answers, nobody leads.
 */
async function busiestPrimary(nodes: readonly Endpoint[]): Promise<number | undefined> {
  const primaries = await Promise.all(
    nodes.map((node) =>
      withClient(node, ASK_WITHIN_MS, async (client) => {
        const self = (await nodesSeenBy(client)).find(({ myself }) => myself);
        if (self === undefined || self.replica) return undefined;
        const load = /instantaneous_ops_per_sec:(\d+)/.exec(await client.info('stats'))?.[1];
        return { slots: countSlots(self.slots), load: Number(load) };
      }).catch(() => undefined),
    ),
  );
  const served = primaries.reduce((sum, primary) => sum + (primary?.slots ?? 0), 0);
  if (served < SLOTS) return undefined;
  const loads = primaries.map((primary) => (primary === undefined || primary.slots === 0 ? -1 : primary.load));
  return loads.indexOf(Math.max(...loads));
}

/** Of ranges such as `0-5461` and single slots; what migrates is in brackets. */
function countSlots(ranges: readonly string[]): number {
  return ranges
    .filter((range) => !range.startsWith('['))
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}
