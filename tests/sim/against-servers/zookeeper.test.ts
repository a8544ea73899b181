/** The model of ZooKeeper is held against a real one: random tapes of requests of two sessions run on both. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client, Event, Stat } from 'node-zookeeper-client';
import { draws } from '../../effort.ts';
import type { Endpoint } from '../../../implementations/lock.ts';
import { inWorld, install } from '../in-world.ts';
import { startServer, type Servers } from '../../../tools/servers.ts';

install();
const { default: zookeeper } = await import('node-zookeeper-client');
const { CreateMode } = zookeeper;

const SESSION_MS = 20_000;

let servers: Servers;
before(async () => {
  servers = await startServer('zookeeper');
});
after(() => servers[Symbol.asyncDispose]());

const clients = fc.constantFrom(0, 1);
const paths = fc.constantFrom('', '/a', '/a/x', '/b', '/a/s-0000000000', '/a/s-0000000001');
const versions = fc.constantFrom(-1, 0, 1);
const modes = fc.constantFrom(
  ...[CreateMode.PERSISTENT, CreateMode.EPHEMERAL, CreateMode.EPHEMERAL_SEQUENTIAL, CreateMode.PERSISTENT_SEQUENTIAL],
);
const step = fc.oneof(
  fc.record({
    ...{ f: fc.constant('create' as const), by: clients, mode: modes },
    path: fc.constantFrom('/a', '/a/x', '/a/s-', '/b', '/b/c'),
    data: fc.constantFrom('', 'some'),
  }),
  fc.record({ f: fc.constant('remove' as const), by: clients, path: paths, version: versions }),
  fc.record({ f: fc.constant('set' as const), by: clients, path: paths, version: versions }),
  fc.record({ f: fc.constantFrom('exists' as const, 'list' as const), by: clients, path: paths, watch: fc.boolean() }),
  fc.record({ f: fc.constant('leave' as const), by: clients }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

type Callback = (error: unknown, ...values: unknown[]) => void;
interface Session {
  readonly client: Client;
  readonly closed: Promise<void>;
}

async function open({ host, port }: Endpoint): Promise<Session> {
  const client = zookeeper.createClient(`${host}:${port}`, { sessionTimeout: SESSION_MS, retries: 0, spinDelay: 20 });
  const closed = new Promise<void>((resolve) => {
    client.on('state', ({ name }: { name: string }) => {
      if (name === 'DISCONNECTED') resolve();
    });
  });
  await new Promise<void>((resolve) => {
    client.once('connected', resolve);
    client.connect();
  });
  return { client, closed };
}

/** Below a node of its own; sessions by their number, transactions by their order. */
async function play(endpoint: Endpoint, tape: readonly Step[], own: string): Promise<unknown> {
  const root = `/tape-${own}`;
  const relative = (path: string): string => path.slice(root.length);
  const owners: string[] = [];
  const zxids: bigint[] = [];
  const sessions = [await open(endpoint), await open(endpoint)];
  const enlist = ({ client }: Session): void => void owners.push(client.getSessionId().toString('hex'));
  for (const session of sessions) enlist(session);
  const events: { readonly of: number; readonly event: string }[] = [];

  const seen = (zxid: Buffer): bigint => {
    const number = zxid.readBigInt64BE();
    zxids.push(number);
    return number;
  };
  const plain = (value: unknown): unknown => {
    if (typeof value === 'string') return relative(value);
    if (Array.isArray(value)) return value.map(String).toSorted();
    if (typeof value !== 'object' || value === null) return value;
    const { version, cversion, dataLength, numChildren, ephemeralOwner, ...stat } = value as Stat & Stats;
    const owner = owners.indexOf(ephemeralOwner.toString('hex'));
    const zxidsOf = [seen(stat.czxid), seen(stat.mzxid), seen(stat.pzxid)];
    return { version, cversion, dataLength, numChildren, owner, zxids: zxidsOf };
  };
  const ask = (send: (done: Callback) => void): Promise<unknown> =>
    new Promise((resolve) => {
      send((error, ...values) => {
        if (error instanceof Error) resolve((error as Error & { name: string }).name);
        else resolve(values.map(plain));
      });
    });
  const act = async (one: Step): Promise<unknown> => {
    const session = sessions[one.by];
    if (session === undefined) return undefined;
    const { client } = session;
    const watcher = ({ name, path }: Event): void =>
      void events.push({ of: one.by, event: `${name} ${relative(path)}` });
    switch (one.f) {
      case 'create':
        return ask((done) => client.create(root + one.path, Buffer.from(one.data), one.mode, done));
      case 'remove':
        return ask((done) => client.remove(root + one.path, one.version, done));
      case 'set':
        return ask((done) => client.setData(root + one.path, Buffer.from('new'), one.version, done));
      case 'exists':
        if (one.watch) return ask((done) => client.exists(root + one.path, watcher, done));
        return ask((done) => client.exists(root + one.path, done));
      case 'list':
        if (one.watch) return ask((done) => client.getChildren(root + one.path, watcher, done));
        return ask((done) => client.getChildren(root + one.path, done));
      case 'leave': {
        client.close();
        await session.closed;
        const next = await open(endpoint);
        sessions[one.by] = next;
        return enlist(next);
      }
    }
  };
  const first = sessions[0]?.client;
  await ask((done) => first?.create(root, Buffer.alloc(0), CreateMode.PERSISTENT, done));
  const answers: unknown[] = [];
  for (const one of tape) answers.push(await act(one));
  // What it was told before an answer has arrived before it.
  for (const { client } of sessions) await ask((done) => client.exists('/', done));
  for (const { client, closed } of sessions) {
    client.close();
    await closed;
  }
  const told = [0, 1].map((of) => events.filter((event) => event.of === of).map(({ event }) => event));
  const ranks = [...new Set(zxids)].toSorted((a, b) => Number(a - b));
  const ranked = JSON.stringify({ answers, told }, (key, value: unknown) =>
    key === 'zxids' ? (value as bigint[]).map((zxid) => ranks.indexOf(zxid)) : value,
  );
  return JSON.parse(ranked) as unknown;
}

interface Stats {
  readonly czxid: Buffer;
  readonly mzxid: Buffer;
  readonly pzxid: Buffer;
  readonly ephemeralOwner: Buffer;
}

void describe('the model of ZooKeeper', () => {
  for (const members of [1, 3]) {
    void it(`of ${members} answers as ZooKeeper does`, async () => {
      const [real] = servers.endpoints;
      assert.ok(real !== undefined);
      let tapes = 0;
      const tape = fc.array(step, { minLength: 1, maxLength: 25 });
      const property = fc.asyncProperty(tape, async (steps) => {
        tapes += 1;
        const own = `${members}-${tapes}`;
        const modelled = await inWorld('zookeeper', members, ({ endpoints: [one] }) => play(one ?? real, steps, own));
        assert.deepEqual(await play(real, steps, own), modelled);
      });
      await fc.assert(property, { ...draws(30), endOnFailure: false });
    });
  }

  void it('ends a session of which it has not heard for its timeout, and removes its nodes', async () => {
    await inWorld('zookeeper', 3, async ({ endpoints: [one, other], nodes }) => {
      assert.ok(one !== undefined && other !== undefined);
      const [dying, watching] = [await open(one), await open(other)];
      await new Promise((resolve) => {
        dying.client.create('/e', Buffer.alloc(0), CreateMode.EPHEMERAL, resolve);
      });
      const exists = (): Promise<boolean> =>
        new Promise((resolve) => {
          watching.client.exists('/e', (_error, stat) => resolve(stat !== null));
        });
      const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      await sleep(50);
      assert.equal(await exists(), true);
      // Its server stands still, and it has no other.
      await nodes[0]?.pause();
      await sleep(SESSION_MS - 8000);
      assert.equal(await exists(), true);
      await sleep(8000 + 500);
      assert.equal(await exists(), false);
    });
  });

  void it('sends clients away while there is no majority, and takes their sessions back afterwards', async () => {
    await inWorld('zookeeper', 3, async ({ endpoints: [one], ensemble }) => {
      assert.ok(one !== undefined);
      const { client, closed } = await open(one);
      const own = client.getSessionId();
      const heal = ensemble.isolate?.([0, 1, 2]);
      await closed;
      heal?.();
      await new Promise<void>((resolve) => client.once('connected', resolve));
      assert.deepEqual(client.getSessionId(), own);
    });
  });
});
