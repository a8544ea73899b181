import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { catalogue, findLock, onRequest } from '../../implementations/catalogue.ts';
import { claimOn, isPromise } from '../../implementations/claims.ts';
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../../implementations/lock.ts';
import { lock as redisBasic } from '../../implementations/redis/modules/basic.ts';
import { Link } from './redis/link.ts';
import { RedisServer } from '../../tools/redis-server.ts';

let servers: RedisServer[];

before(async () => {
  servers = await RedisServer.startMany(5);
});

after(async () => {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
});

function endpointsFor(module: LockModule): Endpoint[] {
  if (module.backend === 'memory') return [];
  return servers.slice(0, module.topologies[0] === 'single' ? 1 : 5).map(({ endpoint }) => endpoint);
}

function contextOf(endpoints: readonly Endpoint[], options: Record<string, unknown> = {}): ConnectContext {
  return { endpoints, natMap: {}, prefix: 'test:', folder: tmpdir(), options, signal: new AbortController().signal };
}

/** Connects for the length of one test. */
async function connect(module: LockModule, endpoints = endpointsFor(module)): Promise<ConnectedLock & AsyncDisposable> {
  const connected = await module.connect(contextOf(endpoints));
  return { ...connected, [Symbol.asyncDispose]: () => connected.close() };
}

describe('the catalogue', () => {
  it('finds every lock by its name, and its module by the address', async () => {
    assert.ok(catalogue.size >= 14);
    for (const [name, { module, url }] of [...catalogue, ...onRequest]) {
      assert.equal(module.name, name);
      assert.equal(findLock(name)?.module, module);
      const loaded: unknown = await import(url);
      assert.equal(Reflect.get(Object(loaded), 'lock'), module);
    }
    assert.equal(findLock('no such lock'), undefined);
  });

  it('has every file of the specimens’ folder under the name of the file, and nothing of the folders in it', async () => {
    const files = await readdir(new URL('../../implementations/broken/', import.meta.url));
    const specimens = [...catalogue].filter(([, { module }]) => module.specimen !== undefined);
    assert.deepEqual(
      specimens.map(([name]) => `${name}.ts`),
      files.filter((file) => file.endsWith('.ts')).toSorted(),
    );
  });

  it('names the mistake of every specimen, and what it must show', () => {
    for (const { module, url } of catalogue.values()) {
      assert.equal(module.specimen !== undefined, url.includes('/broken/'), module.name);
      assert.notDeepEqual(module.specimen?.shows, [], module.name);
      for (const { property, hazards } of module.specimen?.shows ?? []) {
        const under = hazards.length === 0 ? (['none'] as const) : hazards;
        const isClaimed = under.some((hazard) => isPromise(claimOn(module.claims, property, hazard)));
        assert.ok(isClaimed, `${module.name} claims ${property}`);
      }
    }
  });
});

/** Locks that run on what these tests start, and are meant to work; the conformance suite has the others. */
const startable = [...catalogue.values()].filter(
  ({ module: { backend, topologies, specimen } }) =>
    specimen === undefined &&
    (backend === 'memory' || (backend === 'redis' && ['single', '5 independent nodes'].includes(topologies[0]))),
);

describe('every lock module', () => {
  for (const { module } of startable) {
    it(`connects, locks, releases and closes: ${module.name}`, async () => {
      await using connected = await connect(module);
      const { lock } = connected;
      assert.equal((await lock.health()).ok, true);
      // A key of its own: some specimens never give theirs back.
      const lease = await lock.acquire(module.name, { leaseMs: 2000 });
      assert.equal(lease.signal.aborted, false);
      assert.ok(lease.remainingMs() > 0);
      await lease.renew();
      assert.equal(await lease.release(), 'released');
    });
  }
});

describe('the clients of the Redis modules', () => {
  it('refuse options that they do not know, by name', async () => {
    await assert.rejects(redisBasic.connect(contextOf([], { leaseMS: 5 })), /leaseMS/);
    await assert.rejects(redisBasic.connect(contextOf([], { leaseMs: 'long' })), /leaseMs/);
  });

  it('put every name under the prefix', async () => {
    const admin = new Redis(servers[0]?.port ?? 0, '127.0.0.1');
    await admin.flushall();
    {
      await using connected = await connect(redisBasic);
      const { lock } = connected;
      const lease = await lock.acquire('orders');
      assert.deepEqual((await admin.keys('*')).toSorted(), ['test:{orders}', 'test:{orders}:fence']);
      assert.ok(
        (await admin.pttl('test:{orders}:fence')) > 0,
        'a lock that is not used any more leaves nothing for ever',
      );
      await lease.release();
      assert.deepEqual(await admin.keys('*'), ['test:{orders}:fence']);
    }
    admin.disconnect();
  });

  it('fail quickly and definitely while there is no connection, and use a new one at once', async () => {
    await using server = await RedisServer.start();
    await using connected = await connect(redisBasic, [server.endpoint]);
    const { lock } = connected;
    await lock.health();
    await server.kill();
    // The command that meets the end of the connection may be unknown; what follows is not even sent.
    await lock.tryAcquire('orders').catch(() => undefined);
    for (let refusals = 0; refusals < 3; refusals += 1) {
      await assert.rejects(lock.tryAcquire('orders'), { outcome: 'definite' });
    }
    const granted = lock.acquire('orders');
    await server.start();
    assert.equal(await (await granted).release(), 'released');
  });

  it('fail at once what was under way when the connection was reset, and send nothing again', async () => {
    await using link = await Link.to(servers[0]?.endpoint ?? { host: '', port: 0 });
    await using connected = await connect(redisBasic, [link.endpoint]);
    const { lock } = connected;
    await lock.health();
    link.dropReplies = true;
    const outcome = assert.rejects(lock.tryAcquire('reset', { leaseMs: 60_000 }), { code: 'LOCK_OUTCOME_UNKNOWN' });
    link.reset();
    await outcome;
    link.dropReplies = false;
    const next = await lock.acquire('reset');
    await next.release();
  });

  it('connect to a server that is not there, say so call by call, and close', async () => {
    const { endpoint } = await RedisServer.start().then(async (server) => {
      await server[Symbol.asyncDispose]();
      return server;
    });
    await using connected = await connect(redisBasic, [endpoint]);
    const { lock } = connected;
    assert.equal((await lock.health()).ok, false);
    await assert.rejects(lock.tryAcquire('orders'), { code: 'LOCK_BACKEND_UNAVAILABLE' });
  });

  it('let the process end after close, in whatever state they are', async () => {
    await using server = await RedisServer.start();
    const script = `
      import { lock } from ${JSON.stringify(catalogue.get('redis-basic')?.url)};
      const context = { endpoints: [${JSON.stringify(server.endpoint)}], natMap: {}, prefix: 'end:', options: {}, signal: new AbortController().signal };
      const { lock: redis, close } = await lock.connect(context);
      const lease = await redis.acquire('orders');
      const waiting = redis.acquire('orders').catch((error) => console.log(error.code));
      setTimeout(async () => { await close(); await waiting; console.log('closed'); }, 50);
    `;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 });
    assert.deepEqual(stdout.trim().split('\n'), ['LOCK_BACKEND_UNAVAILABLE', 'closed']);
    server.pause();
    const stopped = run(
      process.execPath,
      ['--input-type=module', '-e', script.replace("await redis.acquire('orders')", 'null')],
      {
        timeout: 30_000,
      },
    );
    assert.deepEqual((await stopped).stdout.trim().split('\n'), ['LOCK_BACKEND_UNAVAILABLE', 'closed']);
  });
});
