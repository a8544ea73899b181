import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { LockTimeoutError } from '../../../implementations/lock.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { Redlock } from '../../../implementations/redis/redlock.ts';
import type { RedlockOptions } from '../../../implementations/redis/redlock.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

const KEY = 'holdfast:{orders}';
let servers: RedisServer[];
let admins: Redis[];
const open: { close(): unknown }[] = [];

before(async () => {
  servers = await RedisServer.startMany(5);
  admins = clients();
});

after(async () => {
  for (const each of open.toReversed()) await each.close();
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
});

beforeEach(async () => {
  await Promise.all(admins.map((admin) => admin.flushall()));
});

function clients(count = 5): Redis[] {
  return servers.slice(0, count).map(({ port }) => {
    const made = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: 0 });
    made.on('error', () => undefined);
    open.push({ close: () => made.disconnect() });
    return made;
  });
}

function redlock(options: Partial<RedlockOptions> = {}): Redlock {
  const lock = new Redlock({
    clients: clients(),
    subscribers: clients(),
    leaseMs: 2000,
    nodeTimeoutMs: 200,
    ...options,
  });
  open.push(lock);
  return lock;
}

/** Who holds the key on each node. */
function holders(): Promise<(string | null)[]> {
  return Promise.all(admins.map((admin) => admin.get(KEY)));
}

async function take(lock: Redlock): Promise<Lease> {
  const lease = await lock.tryAcquire('orders');
  assert.ok(lease !== null);
  return lease;
}

const nobody = [null, null, null, null, null];

describe('redlock', () => {
  it('lets one client in at a time, and leaves nothing behind', async () => {
    const locks = Array.from({ length: 4 }, () => redlock());
    let inside = 0;
    await Promise.all(
      locks.map(async (lock) => {
        for (let cycle = 0; cycle < 10; cycle += 1) {
          await lock.using('orders', {}, async () => {
            inside += 1;
            assert.equal(inside, 1);
            await admins[0]?.ping();
            inside -= 1;
          });
        }
        await lock.drained();
      }),
    );
    assert.deepEqual(await holders(), nobody);
  });

  it('is granted and released by a majority while a minority is down', async () => {
    const lock = redlock();
    await lock.health();
    const down = servers.slice(3);
    await Promise.all(down.map((server) => server.kill()));
    try {
      const lease = await take(lock);
      assert.equal(await redlock().tryAcquire('orders'), null);
      assert.deepEqual(await lock.inspect('orders').then(({ token }) => token), lease.token);
      await lease.renew();
      assert.equal(await lease.release(), 'released');
      assert.deepEqual(await lock.health().then(({ ok, detail }) => ({ ok, detail })), {
        ok: true,
        detail: '3 of 5 nodes answer',
      });
    } finally {
      await Promise.all(down.map((server) => server.start()));
    }
  });

  it('is refused, as trouble and not as busy, while a majority is down; the rest is undone', async () => {
    const lock = redlock();
    await lock.health();
    const down = servers.slice(2);
    await Promise.all(down.map((server) => server.kill()));
    try {
      await assert.rejects(lock.tryAcquire('orders'), { code: 'LOCK_OUTCOME_UNKNOWN' });
      assert.equal((await lock.health()).ok, false);
    } finally {
      await Promise.all(down.map((server) => server.start()));
    }
    await lock.drained();
    assert.deepEqual(await holders(), nobody);
  });

  it('does not wait for the slowest nodes once a majority has answered', async () => {
    const lock = redlock({ nodeTimeoutMs: 60_000, commandTimeoutMs: 60_000, leaseMs: 120_000 });
    await lock.health();
    const slow = servers.slice(3);
    for (const server of slow) server.pause();
    const lease = await take(lock);
    assert.equal(await lease.release(), 'released');
    for (const server of slow) server.resume();
    await Promise.all(admins.map((admin) => admin.ping()));
    assert.deepEqual(await holders(), nobody, 'the release follows the late grant on the same connection');
  });

  it('waits for its own timeout where no node can be reached, and then says that nobody knows', async () => {
    const nowhere = [1, 2, 3].map((port) => {
      const client = new Redis(port, '127.0.0.1', {
        ...{ enableOfflineQueue: false, maxRetriesPerRequest: 0 },
        retryStrategy: () => 20,
      });
      client.on('error', () => undefined);
      open.push({ close: () => client.disconnect() });
      return client;
    });
    const lock = new Redlock({ clients: nowhere });
    await assert.rejects(lock.acquire('orders', { timeoutMs: 200 }), { code: 'LOCK_TIMEOUT' });
    await assert.rejects(lock.tryAcquire('orders'), /3 nodes/);
  });

  it('undoes late grants on all nodes', async () => {
    const lock = redlock({ nodeTimeoutMs: 50 });
    await lock.health();
    const slow = servers.slice(2);
    for (const server of slow) server.pause();
    await assert.rejects(lock.tryAcquire('orders'), { code: 'LOCK_OUTCOME_UNKNOWN' });
    for (const server of slow) server.resume();
    await lock.drained();
    assert.deepEqual(await holders(), nobody);
  });

  it('holds the lock against a client that got only a minority, which withdraws', async () => {
    const other = 'somebody-else';
    await Promise.all(admins.slice(0, 3).map((admin) => admin.set(KEY, other)));
    const lock = redlock();
    assert.equal(await lock.tryAcquire('orders'), null);
    await assert.rejects(lock.acquire('orders', { timeoutMs: 300 }), LockTimeoutError);
    await lock.drained();
    assert.deepEqual(await holders(), [other, other, other, null, null]);
  });

  it('needs more than half of an even number of nodes', async () => {
    const lock = redlock({ clients: clients(4), subscribers: [] });
    await Promise.all(admins.slice(0, 2).map((admin) => admin.set(KEY, 'somebody-else')));
    assert.equal(await lock.tryAcquire('orders'), null);
    await admins[0]?.del(KEY);
    const lease = await take(lock);
    assert.equal(await lease.release(), 'released');
  });

  it('is lost when a majority of the nodes no longer knows its token', async () => {
    const lock = redlock();
    const lease = await lock.acquire('orders', { leaseMs: 600 });
    // A majority was enough for it; what a slow node grants later would come back after it was taken away.
    while ((await holders()).includes(null));
    const lost = new Promise((resolve) => {
      lease.signal.addEventListener('abort', () => resolve(lease.signal.reason));
    });
    await Promise.all(admins.slice(0, 2).map((admin) => admin.del(KEY)));
    await lease.renew();
    assert.equal(lease.signal.aborted, false);
    await admins[2]?.del(KEY);
    assert.equal(Reflect.get(Object(await lost), 'reason'), 'mismatch');
    assert.equal(await lease.release(), 'lost');
    assert.deepEqual(await holders(), nobody);
  });

  it('wakes waiters by the release, far below the poll interval', async () => {
    const lease = await redlock().tryAcquire('woken', { leaseMs: 60_000 });
    assert.ok(lease !== null);
    const retry = { delayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
    const next = redlock({ retry }).acquire('woken', { timeoutMs: 30_000 });
    // Whoever has waited before, the tests above included, may still listen: hence a name of its own.
    for (;;) {
      const counts = await Promise.all(admins.map((admin) => admin.pubsub('NUMSUB', 'holdfast:{woken}:free')));
      if (counts.every(([, count]) => count === 1)) break;
    }
    await lease.release();
    assert.equal(await (await next).release(), 'released');
  });

  it('is free again as soon as the lease of a holder that is gone has run out, far below the poll interval', async () => {
    await redlock().acquire('orders', { leaseMs: 200, renew: false });
    const retry = { delayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
    const next = await redlock({ retry, subscribers: [] }).acquire('orders', { timeoutMs: 30_000 });
    assert.equal(await next.release(), 'released');
  });

  it('issues no fencing token', async () => {
    const lease = await take(redlock());
    assert.equal(lease.fencingToken, undefined);
    await lease.release();
  });
});
