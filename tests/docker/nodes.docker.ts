/** What faults do to a server in a container. */
import { once } from 'node:events';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import type { Deployment, ServerNode } from '../../harness/backends/deployment.ts';
import { startDocker } from '../../harness/backends/docker.ts';
import { Session } from '../../harness/backends/session.ts';
import { provideEngine, untilBelongings } from './engine.ts';
import { buildImages } from './images.ts';

const stack = new AsyncDisposableStack();
let deployment: Deployment;
let node: ServerNode;
before(async () => {
  stack.use(await provideEngine());
  const images = stack.use(await buildImages('nodes'));
  Object.assign(process.env, images.environment);
  const session = await Session.open();
  stack.defer(async () => {
    await session.close();
    await untilBelongings((now) => !now.some((one) => one.includes('holdfast-test')));
  });
  const { signal } = new AbortController();
  deployment = await startDocker(session, { backend: 'redis', topology: 'single', proxies: 1, signal });
  stack.defer(() => deployment.stop());
  const [first] = deployment.nodes;
  assert.ok(first !== undefined);
  node = first;
});
after(() => stack.disposeAsync());

/** A connection past any proxy, for one use. */
async function onServer<T>(use: (client: Redis) => Promise<T>): Promise<T> {
  const { host, port } = node.endpoint;
  const client = new Redis({ host, port, commandTimeout: 1000, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}
const ping = (): Promise<string> => onServer((client) => client.ping());

void test('what was answered outlives a kill, at the same address', async () => {
  await onServer((client) => client.set('a', 'kept'));
  await node.crash();
  await assert.rejects(ping());
  await node.restart({ keepData: true });
  assert.equal(await onServer((client) => client.get('a')), 'kept');
});

void test('a restart without data starts empty, and the next kill keeps data again', async () => {
  await onServer((client) => client.set('a', 'lost'));
  await node.crash();
  await node.restart({ keepData: false });
  assert.equal(await onServer((client) => client.get('a')), null);
  const log = await onServer((client) => client.info('persistence'));
  assert.match(log, /aof_enabled:1/);
  await onServer((client) => client.set('b', 'kept'));
  await node.crash();
  await node.restart({ keepData: true });
  assert.deepEqual(await onServer((client) => client.keys('*')), ['b']);
});

void test('a paused server answers nothing until it goes on', async () => {
  await node.pause();
  await assert.rejects(ping(), /timed out/);
  await node.resume();
  assert.equal(await ping(), 'PONG');
});

void test('faults that meet on one server heal in any order', async () => {
  await node.pause();
  await node.crash();
  await node.pause();
  await node.crash();
  await node.restart({ keepData: true });
  await node.resume();
  assert.equal(await ping(), 'PONG');
});

void test('while a server is down its proxy refuses at once, and is in use again as soon as it is up', async () => {
  const access = deployment.toxiproxy;
  assert.ok(access !== undefined);
  const listen = access.nextListen();
  const { host, port } = access.api;
  const body = JSON.stringify({ name: 'p', listen, upstream: node.upstream, enabled: true });
  assert.equal((await fetch(`http://${host}:${port}/proxies`, { method: 'POST', body })).status, 201);
  const proxy = access.reach(listen);
  const through = new Redis({
    host: proxy.host,
    port: proxy.port,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
  });
  through.on('error', () => undefined);
  try {
    assert.equal(await through.ping(), 'PONG');
    await node.crash();
    for (let closed = 0; closed < 5; closed++) await once(through, 'close');
    await node.restart({ keepData: true });
    assert.equal(await through.ping(), 'PONG');
  } finally {
    through.disconnect();
  }
});
