import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { LockOutcomeUnknownError, LockTimeoutError, isLockError } from '../../../implementations/lock.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { RedisBackend, RedisLock } from '../../../implementations/redis/basic.ts';
import type { RedisLockOptions } from '../../../implementations/redis/basic.ts';
import { Link } from './link.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

let server: RedisServer;
/** For looking at the server from outside. */
let admin: Redis;
const open: { close(): unknown }[] = [];

before(async () => {
  server = await RedisServer.start();
  admin = client();
});

after(async () => {
  for (const each of open.toReversed()) await each.close();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await admin.flushall();
});

/** As a user would make it: with the client library's own defaults, resending and queueing included. */
function client(port = server.port): Redis {
  const made = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 });
  made.on('error', () => undefined);
  open.push({ close: () => made.disconnect() });
  return made;
}

function redisLock(options: Partial<RedisLockOptions> = {}): RedisLock {
  const lock = new RedisLock({ client: client(), subscriber: client(), leaseMs: 2000, ...options });
  open.push(lock);
  return lock;
}

async function keysInForce(): Promise<string[]> {
  const keys = await admin.keys('*');
  return keys.filter((key) => !key.endsWith(':fence'));
}

async function fenceOf(lease: Lease | Promise<Lease>): Promise<bigint> {
  const { fencingToken } = await lease;
  assert.ok(fencingToken !== undefined);
  return fencingToken;
}

describe('exclusion', () => {
  it('lets one client in at a time', async () => {
    const locks = Array.from({ length: 4 }, () => redisLock());
    let inside = 0;
    let cycles = 0;
    await Promise.all(
      locks.map(async (lock) => {
        for (let cycle = 0; cycle < 25; cycle += 1) {
          await lock.using('orders', {}, async () => {
            inside += 1;
            assert.equal(inside, 1);
            await admin.ping();
            inside -= 1;
            cycles += 1;
          });
        }
      }),
    );
    assert.equal(cycles, 100);
    assert.deepEqual(await keysInForce(), []);
  });

  it('keeps keys with special characters apart, each on one slot of a cluster', async () => {
    const lock = redisLock();
    const leases = await Promise.all(['a', 'a}', '{a}', '%7Ba%7D', 'ä b:c'].map((key) => lock.acquire(key)));
    assert.deepEqual(
      (await keysInForce()).toSorted(),
      [
        'holdfast:{a}',
        'holdfast:{a%7D}',
        'holdfast:{%7Ba%7D}',
        'holdfast:{%257Ba%257D}',
        'holdfast:{ä b:c}',
      ].toSorted(),
    );
    await Promise.all(leases.map((lease) => lease.release()));
  });
});

describe('answers', () => {
  it('tells busy from trouble', async () => {
    const lock = redisLock();
    const lease = await lock.acquire('orders');
    assert.equal(await redisLock().tryAcquire('orders'), null);
    await assert.rejects(redisLock().acquire('orders', { timeoutMs: 50 }), LockTimeoutError);
    await lease.release();

    const dead = client();
    dead.disconnect();
    await once(dead, 'end');
    await assert.rejects(redisLock({ client: dead }).tryAcquire('orders'), {
      code: 'LOCK_BACKEND_UNAVAILABLE',
      outcome: 'definite',
    });
  });

  it('calls an error reply definite: nothing was taken', async () => {
    await admin.hset('holdfast:{orders}', 'not', 'a string');
    await assert.rejects(redisLock().tryAcquire('orders'), (error) => {
      assert.ok(isLockError(error));
      assert.equal(error.outcome, 'definite');
      assert.match(error.message, /WRONGTYPE/);
      return true;
    });
  });

  it('leaves nothing behind when it is aborted while waiting or with a request under way', async () => {
    const lock = redisLock();
    const lease = await lock.acquire('orders');
    const waiting = new AbortController();
    const aborted = assert.rejects(redisLock().acquire('orders', { signal: waiting.signal }), { code: 'LOCK_ABORTED' });
    setTimeout(() => waiting.abort(), 30);
    await aborted;
    await lease.release();

    const underWay = new AbortController();
    const other = assert.rejects(lock.acquire('stock', { signal: underWay.signal }), { code: 'LOCK_ABORTED' });
    underWay.abort();
    await other;
    await lock.drained();
    assert.deepEqual(await keysInForce(), []);
  });

  it('says who holds a key and how the server is', async () => {
    const lock = redisLock();
    const lease = await lock.acquire('orders');
    const { remainingMs = 0, ...rest } = await lock.inspect('orders');
    assert.deepEqual(rest, { key: 'orders', held: true, token: lease.token, fencingToken: lease.fencingToken });
    assert.ok(remainingMs > 1000 && remainingMs <= 2000);
    await lease.release();
    assert.deepEqual(await lock.inspect('orders'), { key: 'orders', held: false });
    assert.equal((await lock.health()).ok, true);
    const dead = client();
    dead.disconnect();
    assert.equal((await redisLock({ client: dead }).health()).ok, false);
  });
});

describe('the lease', () => {
  it('is renewed for as long as it is held', async () => {
    const lock = redisLock();
    const lease = await lock.acquire('orders', { leaseMs: 300 });
    const renewals: number[] = [];
    await new Promise<void>((resolve) => {
      lease.onRenewed((expiresAt) => {
        renewals.push(expiresAt);
        if (renewals.length === 5) resolve();
      });
    });
    assert.equal(lease.signal.aborted, false);
    assert.equal((await lock.inspect('orders')).token, lease.token);
    assert.equal(await lease.release(), 'released');
  });

  it('ends when its key is gone or another’s, and is not created again', async () => {
    const lock = redisLock();
    for (const loss of [() => admin.del('holdfast:{orders}'), () => admin.set('holdfast:{orders}', 'another')]) {
      const lease = await lock.acquire('orders', { leaseMs: 300 });
      const lost = new Promise((resolve) => {
        lease.signal.addEventListener('abort', () => resolve(lease.signal.reason));
      });
      await loss();
      assert.equal(Reflect.get(Object(await lost), 'reason'), 'mismatch');
      assert.notEqual(await admin.get('holdfast:{orders}'), lease.token);
      assert.equal(await lease.release(), 'lost');
      await admin.flushall();
    }
  });

  it('is let go by the server when its holder is gone', async () => {
    const holder = redisLock();
    await holder.acquire('orders', { leaseMs: 200, renew: false });
    const next = await redisLock().acquire('orders');
    assert.equal(await next.release(), 'released');
  });
});

describe('release', () => {
  it('answers lost for a lease that has run out, also when another holds the key by now', async () => {
    const lock = redisLock();
    const expired = await lock.acquire('orders', { leaseMs: 50, renew: false });
    const next = await redisLock().acquire('orders');
    assert.equal(await expired.release(), 'lost');
    assert.equal(await next.release(), 'released', 'the successor was left alone');
  });

  it('answers lost when only a late copy of its request stands in for the grant', async () => {
    const backend = new RedisBackend({ client: client() });
    const request = {
      key: 'orders',
      token: 'a'.repeat(32),
      leaseMs: 1000,
      mode: 'exclusive',
      owner: undefined,
    } as const;
    const first = await backend.attempt(request);
    assert.ok(first.kind === 'granted');
    await admin.del('holdfast:{orders}');
    const copy = await backend.attempt(request);
    assert.ok(copy.kind === 'granted');
    assert.equal(await backend.free({ ...request, fencingToken: first.fencingToken }), 'lost');
    assert.deepEqual(await keysInForce(), []);
  });

  it('is unknown, not lost, when the client sent it again on a new connection', async () => {
    await using link = await Link.to(server.endpoint);
    const lock = redisLock({ client: client(link.endpoint.port), commandTimeoutMs: 1000 });
    const lease = await lock.acquire('orders');
    link.dropReplies = true;
    const outcome = lease.release();
    // The first copy is carried out, its reply lost; ioredis sends the second by itself.
    while ((await admin.exists('holdfast:{orders}')) === 1) continue;
    link.dropReplies = false;
    link.reset();
    assert.equal(await outcome, 'unknown');
  });
});

describe('an acquire whose reply is lost', () => {
  it('finds its own token when it is sent again, and gets the same fence', async () => {
    const backend = new RedisBackend({ client: client() });
    const request = {
      key: 'orders',
      token: 'b'.repeat(32),
      leaseMs: 1000,
      mode: 'exclusive',
      owner: undefined,
    } as const;
    assert.deepEqual(await backend.attempt(request), await backend.attempt(request));
  });

  it('is granted through the client’s own repetition', async () => {
    await using link = await Link.to(server.endpoint);
    const lock = redisLock({ client: client(link.endpoint.port), commandTimeoutMs: 1000 });
    await lock.health();
    link.dropReplies = true;
    const granted = lock.tryAcquire('orders');
    while ((await admin.exists('holdfast:{orders}')) === 0) continue;
    link.dropReplies = false;
    link.reset();
    const lease = await granted;
    assert.equal(lease?.token, await admin.get('holdfast:{orders}'));
  });

  it('is undone in the background, and unknown until then', async () => {
    await using link = await Link.to(server.endpoint);
    const lock = redisLock({ client: client(link.endpoint.port), commandTimeoutMs: 50 });
    await lock.health();
    link.dropReplies = true;
    await assert.rejects(lock.tryAcquire('orders'), LockOutcomeUnknownError);
    link.dropReplies = false;
    link.reset();
    await lock.drained();
    assert.deepEqual(await keysInForce(), []);
  });
});

describe('the fencing token', () => {
  it('rises strictly over release, expiry, deletion, loss of all data and restart', async () => {
    const lock = redisLock();
    const fences: bigint[] = [];
    const take = async (leaseMs = 2000): Promise<Lease> => {
      const lease = await lock.acquire('orders', { leaseMs, renew: false });
      fences.push(await fenceOf(lease));
      return lease;
    };
    await (await take()).release();
    await take(30);
    await take();
    await admin.del('holdfast:{orders}');
    await take();
    await admin.flushall();
    await take();
    await server.kill();
    await server.start();
    await (await take()).release();
    assert.equal(fences.length, 6);
    assert.deepEqual(
      fences,
      fences.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(new Set(fences).size, fences.length);
  });

  it('rises also while the server’s clock lags behind the last one', async () => {
    const ahead = 8_999_999_999_999_998n;
    await admin.set('holdfast:{orders}:fence', String(ahead));
    const lock = redisLock();
    const first = await lock.acquire('orders');
    assert.equal(await fenceOf(first), ahead + 1n);
    await first.release();
    assert.equal(await fenceOf(lock.acquire('orders')), ahead + 2n);
  });
});

describe('waiting', () => {
  it('is ended by the release, far below the poll interval', async () => {
    const retry = { delayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
    const lease = await redisLock().acquire('orders', { leaseMs: 60_000 });
    const next = redisLock({ retry }).acquire('orders', { timeoutMs: 30_000 });
    await waitUntil(async () => (await admin.pubsub('NUMSUB', 'holdfast:{orders}:free'))[1] === 1);
    await lease.release();
    assert.equal(await (await next).release(), 'released');
  });

  it('works by polling where there is no subscriber', async () => {
    const lease = await redisLock().acquire('orders', { leaseMs: 60_000 });
    const next = new RedisLock({ client: client(), retry: { delayMs: 5, maxDelayMs: 5 } }).acquire('orders');
    await lease.release();
    assert.equal(await (await next).release(), 'released');
  });

  it('outlives a restart of the server', async () => {
    const lease = await redisLock().acquire('orders', { leaseMs: 60_000 });
    const next = redisLock({ commandTimeoutMs: 100 }).acquire('orders', { timeoutMs: 30_000 });
    await server.kill();
    await server.start();
    assert.equal(await (await next).release(), 'released');
    assert.equal(await lease.release(), 'lost');
  });
});

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
