import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { createClient, type Client } from 'node-zookeeper-client';
import { ZookeeperLock } from '../../../implementations/zookeeper/lock.ts';
import { lock as module } from '../../../implementations/zookeeper/module.ts';
import { Link } from '../redis/link.ts';
import { startServer } from '../../../tools/servers.ts';
import type { Servers } from '../../../tools/servers.ts';
import { connectTo, eventually } from '../connected.ts';
import type { Connected } from '../connected.ts';

/** What the client keeps to itself. */
interface WatchersOf {
  readonly watcherManager: { readonly childWatchers: Readonly<Record<string, EventEmitter>> };
}

const LEASE_MS = 2000;
let servers: Servers;

before(async () => {
  servers = await startServer('zookeeper');
});

after(() => servers[Symbol.asyncDispose]());

const connect = (endpoints = servers.endpoints): Promise<Connected> => connectTo(module, endpoints);

async function census(): Promise<Readonly<Record<string, number>>> {
  const { server, nodes } = servers.deployment;
  const [node] = nodes;
  assert.ok(node !== undefined && server.census !== undefined);
  return server.census(node.endpoint, 'test:');
}

async function linkToServer(): Promise<Link> {
  const [endpoint] = servers.endpoints;
  assert.ok(endpoint !== undefined);
  return Link.to(endpoint);
}

describe('the lock on ZooKeeper', () => {
  it('keeps one watch for all who have waited for one node, however often', async () => {
    const [endpoint] = servers.endpoints;
    assert.ok(endpoint !== undefined);
    const clients: Client[] = [];
    const lock = new ZookeeperLock({
      createClient: (sessionTimeout) => {
        const client = createClient(`${endpoint.host}:${endpoint.port}`, { sessionTimeout, retries: 0 });
        clients.push(client);
        return client;
      },
    });
    const lease = await lock.acquire('watched');
    for (let times = 0; times < 3; times += 1) await assert.rejects(lock.acquire('watched', { timeoutMs: 20 }));
    const watching = clients.flatMap((client) => {
      const { watcherManager } = Object(Reflect.get(client, 'connectionManager')) as WatchersOf;
      return Object.values(watcherManager.childWatchers).flatMap((watchers) => watchers.listeners('notification'));
    });
    assert.equal(watching.length, 1);
    assert.equal(await lease.release(), 'released');
    await lock.close();
  });

  it('gives leases of different lengths sessions of their own, and those of one length one', async () => {
    await using connected = await connect();
    const { lock } = connected;
    const earlier = (await census())['sessions'] ?? 0;
    const leases = [];
    for (const [index, leaseMs] of [600, 640, 5000].entries())
      leases.push(await lock.acquire(`k${index}`, { leaseMs }));
    assert.equal((await census())['sessions'], earlier + 2);
    for (const lease of leases) assert.equal(await lease.release(), 'released');
  });

  it('removes the node of a lease that nobody renewed or released, though its session lives', async () => {
    await using connected = await connect();
    const { lock } = connected;
    await using other = await connect();
    const abandoned = await lock.acquire('lapse', { leaseMs: 600, renew: false });
    const kept = await lock.acquire('kept', { leaseMs: 600 });
    const next = await other.lock.acquire('lapse', { timeoutMs: 20_000 });
    assert.equal(abandoned.signal.aborted, true);
    assert.equal(await abandoned.release(), 'lost');
    assert.equal(kept.signal.aborted, false, 'the session of the abandoned lease has ended');
    await Promise.all([kept.release(), next.release()]);
  });

  it('removes a node whose creation was not answered, once there is a connection again', async () => {
    await using link = await linkToServer();
    await using connected = await connect([link.endpoint]);
    const { lock } = connected;
    await using other = await connect();
    // Its parent is there from now on.
    await (await lock.acquire('orphan', { leaseMs: LEASE_MS })).release();
    link.dropReplies = true;
    const outcome = assert.rejects(lock.tryAcquire('orphan', { leaseMs: LEASE_MS }), { outcome: 'unknown' });
    await eventually(async () => (await other.lock.inspect('orphan')).held);
    link.reset();
    await outcome;
    link.dropReplies = false;
    const next = await other.lock.acquire('orphan', { timeoutMs: 60_000 });
    assert.equal(await next.release(), 'released');
  });

  it('keeps its place and its lease when a connection breaks: the session is the same', async () => {
    await using link = await linkToServer();
    await using holder = await connect();
    await using connected = await connect([link.endpoint]);
    const { lock } = connected;
    const lease = await holder.lock.acquire('place', { leaseMs: LEASE_MS });
    const waiting = lock.acquire('place', { leaseMs: LEASE_MS, timeoutMs: 60_000 });
    await eventually(async () => (await holder.lock.inspect('place')).waiters === 1);
    link.reset();
    await lease.release();
    const next = await waiting;
    link.reset();
    await eventually(() =>
      next.renew().then(
        () => true,
        () => false,
      ),
    );
    assert.equal(await next.release(), 'released');
  });

  it('lets a waiting writer go before readers that come later', async () => {
    await using reader = await connect();
    await using writer = await connect();
    const reading = await reader.lock.acquire('fair', { mode: 'shared' });
    const written = writer.lock.acquire('fair', { timeoutMs: 60_000 });
    await eventually(async () => (await reader.lock.inspect('fair')).waiters === 1);
    assert.equal(await reader.lock.tryAcquire('fair', { mode: 'shared' }), null);
    await reading.release();
    await (await written).release();
  });

  it('goes on with a new session when the servers have lost their data and refuse the old one', async () => {
    await using connected = await connect();
    const { lock } = connected;
    const lease = await lock.acquire('wiped', { leaseMs: 600 });
    await servers.deployment.nodes[0]?.restart({ keepData: false });
    await eventually(() => lease.signal.aborted);
    const next = await lock.acquire('wiped', { leaseMs: 600, timeoutMs: 60_000 });
    assert.equal(await next.release(), 'released');
  });

  it('leaves no node behind, not even the parents', async () => {
    await using connected = await connect();
    const { lock } = connected;
    for (const key of ['a', 'b']) await (await lock.acquire(key)).release();
    await connected.close();
    assert.equal((await census())['nodes'], 0);
  });
});
