/** The model of a Redis Cluster is held against a real one: the same tapes, through the same client, on both. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { draws } from '../../effort.ts';
import type { Endpoint } from '../../../implementations/lock.ts';
import { slotOf } from '../../../harness/sim/servers/redis/cluster/slots.ts';
import { inWorld, install, type Place } from '../in-world.ts';
import { commands, play, type Step } from '../redis-tape.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

install();
const { Cluster, Redis } = await import('ioredis');
type Node = InstanceType<typeof Redis>;

/** A key of each primary's, by the order of their slots. */
const KEYS = ['b', 'c', 'a'];

let servers: Servers;
before(async () => {
  servers = await startServer('redis', 'cluster');
});
after(() => servers[Symbol.asyncDispose]());

const inClusterWorld = <T>(act: (place: Place) => Promise<T>, seed?: number): Promise<T> =>
  inWorld('redis', 6, act, seed, 'cluster');

async function withCluster<T>(
  endpoints: readonly Endpoint[],
  use: (cluster: InstanceType<typeof Cluster>) => Promise<T>,
) {
  const cluster = new Cluster(
    endpoints.map(({ host, port }) => ({ host, port })),
    // Until the next one serves, commands are sent again.
    { slotsRefreshTimeout: 500, retryDelayOnClusterDown: 50, retryDelayOnFailover: 50, maxRedirections: 200 },
  );
  cluster.on('error', () => undefined);
  try {
    return await use(cluster);
  } finally {
    cluster.disconnect();
    await sleep(200);
  }
}

async function withNode<T>({ host, port }: Endpoint, use: (node: Node) => Promise<T>): Promise<T> {
  const node = new Redis({ host, port, disableClientInfo: true });
  try {
    return await use(node);
  } finally {
    node.disconnect();
  }
}

const said = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => ({ error: (error as Error).message.split(' ')[0] }));

const step = fc.record({ to: fc.constantFrom('primary' as const, 'replica' as const), command: commands });

/** The first node is asked as the primary, and its replica, which may be read, as the replica. */
async function perform(endpoints: readonly Endpoint[], steps: readonly Step[]): Promise<unknown> {
  const [first, , , replica] = endpoints;
  assert.ok(first !== undefined && replica !== undefined);
  return withNode(first, (primary) =>
    withNode(replica, async (copy) => {
      await primary.flushall();
      await copy.readonly();
      const caughtUp = (): Promise<unknown> => primary.wait(1, 5000);
      return play(steps, { primary, replica: copy }, caughtUp);
    }),
  );
}

void describe('the model of a Redis Cluster', () => {
  void it('answers as Redis does, on a primary and on a replica', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const modelled = await inClusterWorld(({ endpoints }) => perform(endpoints, steps));
      assert.deepEqual(await perform(servers.endpoints, steps), modelled);
    });
    await fc.assert(property, { ...draws(25), endOnFailure: false });
  });

  void it('has the slots of Redis', async () => {
    const keys = fc.sample(fc.oneof(fc.string(), fc.constantFrom('{a}b', '{}a', 'x{a}{b}', '{a', 'a}')), 100);
    const [first] = servers.endpoints;
    assert.ok(first !== undefined);
    const real = await withNode(first, (node) => Promise.all(keys.map((key) => node.cluster('KEYSLOT', key))));
    const bytesOf = (key: string): string => Buffer.from(key).toString('latin1');
    assert.deepEqual(
      real,
      keys.map((key) => slotOf(bytesOf(key))),
    );
  });

  void it('sends clients where Redis sends them, and shows them the same layout', async () => {
    const facts = async (endpoints: readonly Endpoint[]): Promise<unknown> => {
      const [first] = endpoints;
      assert.ok(first !== undefined);
      const nodeOf = (host: unknown, port: unknown): number =>
        endpoints.findIndex((one) => one.host === host && one.port === Number(port));
      return withNode(first, async (node) => {
        // Replicas that have never heard of a write are not shown.
        for (const [index, key] of KEYS.entries()) {
          const endpoint = endpoints[index];
          if (endpoint !== undefined)
            await withNode(endpoint, (primary) => primary.del(key).then(() => primary.set(key, '1')));
        }
        const layout = async () => node.cluster('SLOTS');
        while ((await layout()).some(([, , ...nodes]) => nodes.length < 2)) await sleep(50);
        const slots = (await layout())
          .map(([from, to, ...nodes]) => [from, to, ...nodes.map(([host, port]) => nodeOf(host, port))])
          .toSorted(([a = 0], [b = 0]) => a - b);
        const where = await Promise.all(
          KEYS.map((key) =>
            node.get(key).catch((error: Error) => {
              const [moved, slot, address = ''] = error.message.split(' ');
              const [host, port] = address.split(':');
              return [moved, slot, nodeOf(host, port)];
            }),
          ),
        );
        const watched = await said(node.watch(...KEYS.slice(0, 2)));
        const queued = await said(node.multi().set('a', '1').get('a').exec());
        const state = /cluster_state:(\w+)/.exec(await node.cluster('INFO'))?.[1];
        return { slots, where, watched, queued, state };
      });
    };
    const modelled = await inClusterWorld(({ endpoints }) => facts(endpoints));
    assert.deepEqual(await facts(servers.endpoints), modelled);
  });

  void it('tells all nodes what is published on one', async () => {
    const course = async (endpoints: readonly Endpoint[]): Promise<unknown> => {
      const [publisher, ...others] = endpoints;
      assert.ok(publisher !== undefined);
      const listeners = others.map(({ host, port }) => new Redis({ host, port, disableClientInfo: true }));
      await Promise.all(listeners.map((listener) => listener.subscribe('news')));
      const heard = Promise.all(
        listeners.map((listener) => new Promise((resolve) => listener.once('message', (...words) => resolve(words)))),
      );
      const direct = await withNode(publisher, (node) => node.publish('news', 'x'));
      const messages = await heard;
      for (const listener of listeners) listener.disconnect();
      return { direct, messages };
    };
    const modelled = await inClusterWorld(({ endpoints }) => course(endpoints));
    assert.deepEqual(await course(servers.endpoints), modelled);
  });

  void it('puts a replica in the place of a primary that has crashed, and takes the old one back as its replica', async () => {
    interface Field {
      readonly endpoints: readonly Endpoint[];
      readonly crash: (node: number) => Promise<void>;
      readonly restart: (node: number) => Promise<void>;
      readonly leader: () => Promise<number | undefined>;
    }
    const course = ({ endpoints, crash, restart, leader }: Field): Promise<unknown> =>
      withCluster(endpoints, async (cluster) => {
        const [first, , , replica] = endpoints;
        assert.ok(first !== undefined && replica !== undefined);
        const key = KEYS[0] ?? '';
        await cluster.set(key, 'yes');
        const confirmed = await withNode(first, async (node) => {
          await node.set(key, 'kept');
          return node.wait(1, 5000);
        });
        await crash(0);
        // While slots are without a primary, nobody leads.
        const between = await leader();
        const began = performance.now();
        const found = await cluster.get(key);
        const seconds = (performance.now() - began) / 1000;
        await cluster.set(key, 'new');
        await restart(0);
        const roleOf = async (endpoint: Endpoint): Promise<unknown> =>
          withNode(endpoint, async (node) => (await node.role()).slice(0, 1));
        while (String(await roleOf(first)) !== 'slave') await sleep(50);
        const roles = [await roleOf(first), await roleOf(replica)];
        const sent = await withNode(first, (node) => said(node.get(key)));
        return { confirmed, between, found, roles, sent, inTime: seconds > 0.5 && seconds < 6 };
      });
    const modelled = await inClusterWorld(({ endpoints, nodes, ensemble }) =>
      course({
        endpoints,
        crash: async (node) => nodes[node]?.crash(),
        restart: async (node) => nodes[node]?.restart({ keepData: true }),
        leader: async () => ensemble.leader?.(nodes.map(({ down }) => !down)),
      }),
    );
    const { deployment, endpoints } = servers;
    const really = await course({
      endpoints,
      crash: async (node) => deployment.nodes[node]?.crash(),
      restart: async (node) => deployment.nodes[node]?.restart({ keepData: true }),
      leader: () => deployment.leader(),
    });
    assert.deepEqual(really, modelled);
  });
});

void it('a primary that is cut off stops serving before it is replaced, and its last writes are lost', async () => {
  await inClusterWorld(async ({ endpoints, ensemble }) => {
    const [first, , , replica] = endpoints;
    assert.ok(first !== undefined && replica !== undefined);
    const key = KEYS[0] ?? '';
    await withNode(first, async (old) => {
      await old.set(key, 'before');
      await old.wait(1, 5000);
      const heal = ensemble.isolate?.([0]);
      assert.equal(await old.set(key, 'lost'), 'OK');
      while ((await said(old.set(key, 'lost'))) === 'OK') await sleep(20);
      assert.deepEqual(await said(old.get(key)), { error: 'CLUSTERDOWN' });
      await withNode(replica, async (next) => {
        while ((await said(next.get(key))) !== 'before') await sleep(20);
        assert.equal(await next.set(key, 'after'), 'OK');
      });
      heal?.();
      await sleep(3000);
      assert.deepEqual(await said(old.get(key)), { error: 'MOVED' });
      await old.readonly();
      assert.equal(await old.get(key), 'after');
    });
  });
});
