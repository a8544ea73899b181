import type { Redis } from 'ioredis';
import type { Topology } from 'holdfast-locks';
import { several, single, type Layout } from './layout.ts';
import { withClient } from './redis-client.ts';
import { clusterLayout } from './redis-cluster.ts';
import { sentinelLayout } from './redis-sentinel.ts';
import type { ServerDefinition } from './server.ts';

/** A server that is not ours goes on by itself after this long, whatever becomes of us. */
const SUSPENDED_AT_MOST_MS = 5000;

/**
 * Redis, one node. Every write is in the append-only file, in the kernel, before it is answered: a crash of the process loses
 * none. That is so with `appendfsync no` and `always`; with `everysec` Redis answers before it writes whenever an earlier
 * fsync is still under way (`flushAppendOnlyFile` in aof.c), and a crash loses up to two seconds.
 */
export const redis: ServerDefinition = {
  name: 'redis',
  image: 'redis:8.2-alpine',
  containerPort: 6379,
  containerCommand: 'redis-server',
  containerReady: /Ready to accept connections/,
  native: { command: 'redis-server', source: { kind: 'debian', package: 'redis-server' } },
  settings: { appendonly: 'yes', appendfsync: 'no' },
  args: ({ host, port, folder }) => [
    ...['--bind', host, '--port', String(port), '--dir', folder],
    ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'no', '--protected-mode', 'no', '--daemonize', 'no'],
  ],
  probe: (endpoint, timeoutMs) =>
    withClient(endpoint, timeoutMs, async (client) => {
      await client.ping();
      // A user of the server may use it and yet not ask for its version.
      const info = await client.info('server').catch(() => '');
      return /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
    }),
  clockMs: (endpoint) =>
    withClient(endpoint, 5000, async (client) => {
      const [seconds, micros] = await client.time();
      return Number(seconds) * 1000 + Number(micros) / 1000;
    }),
  suspend: (endpoint, suspended) =>
    withClient(endpoint, 1000, async (client) => {
      if (suspended) await client.call('CLIENT', 'PAUSE', String(SUSPENDED_AT_MOST_MS), 'WRITE');
      else await client.call('CLIENT', 'UNPAUSE');
    }),
  // Redis dies under libfaketime unless the C library is resolved right behind it.
  fakeClock: {
    preload: ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', '/lib/x86_64-linux-gnu/libc.so.6'],
  },
  census: (endpoint, prefix) =>
    withClient(endpoint, 5000, async (client) => {
      let keys = 0;
      for await (const found of scan(client, prefix)) keys += found.length;
      const clients = /connected_clients:(\d+)/.exec(await client.info('clients'))?.[1];
      const channels = (await client.pubsub('CHANNELS', `${literally(prefix)}*`)) as string[];
      return { keys, connections: Number(clients), channels: channels.length };
    }),
  removePrefixed: (endpoint, prefix) =>
    withClient(endpoint, 5000, async (client) => {
      let removed = 0;
      for await (const keys of scan(client, prefix)) {
        for (const one of await Promise.all(keys.map((key) => unlink(client, key)))) removed += one;
      }
      return removed;
    }),
};

/** A copy of what another server has goes with the original. */
async function unlink(client: Redis, key: string): Promise<number> {
  try {
    return await client.unlink(key);
  } catch (error) {
    if (/^(MOVED|READONLY)\b/.test((error as Error).message)) return 0;
    throw error;
  }
}

const scan = (client: Redis, prefix: string): AsyncIterable<string[]> =>
  client.scanStream({ match: `${literally(prefix)}*`, count: 1000 }) as AsyncIterable<string[]>;

/** As a pattern that matches only itself. */
const literally = (text: string): string => text.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);

export const redisLayouts: Readonly<Partial<Record<Topology, Layout>>> = {
  single: single(redis),
  '5 independent nodes': several(redis, 5),
  sentinel: sentinelLayout(redis),
  cluster: clusterLayout(redis),
};
