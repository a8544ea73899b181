import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { aliveMs } from '../../../implementations/lease/turn.ts';
import type { QueueAnswer } from '../../../implementations/lease/turn.ts';
import type { Grant, LeaseRequest } from '../../../implementations/lease/backend.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { RedisFairBackend, RedisFairLock } from '../../../implementations/redis/fair.ts';
import type { RedisLockOptions } from '../../../implementations/redis/basic.ts';
import { newToken } from '../../../implementations/token.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

const LEASE_MS = 2000;
const KEY = 'orders';

let server: RedisServer;
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

function client(): Redis {
  const made = new Redis(server.port, '127.0.0.1', { retryStrategy: () => 20 });
  made.on('error', () => undefined);
  open.push({ close: () => made.disconnect() });
  return made;
}

function fairLock(options: Partial<RedisLockOptions> = {}): RedisFairLock {
  const lock = new RedisFairLock({ client: client(), subscriber: client(), leaseMs: LEASE_MS, ...options });
  open.push(lock);
  return lock;
}

/** The server as the lock sees it, one request at a time. */
function backend(): RedisFairBackend {
  return new RedisFairBackend({ client: client() });
}

function request(leaseMs = LEASE_MS): LeaseRequest {
  return { key: KEY, token: newToken(), leaseMs, mode: 'exclusive', owner: undefined };
}

/** As many as have queued, whoever they are. */
async function queued(count: number): Promise<void> {
  while ((await admin.zcard(`holdfast:{${KEY}}:queue`)) !== count) await delay(1);
}

function granted(asked: LeaseRequest, answer: QueueAnswer): Grant {
  assert.equal(answer.kind, 'granted');
  return { ...asked, fencingToken: answer.kind === 'granted' ? answer.fencingToken : undefined };
}

async function keysInForce(): Promise<string[]> {
  return (await admin.keys('*')).filter((key) => !key.endsWith(':fence'));
}

describe('the order', () => {
  it('is that of arrival at the server', async () => {
    const holder = await fairLock().acquire(KEY);
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (let place = 0; place < 6; place += 1) {
      const turn = fairLock()
        .acquire(KEY)
        .then(async (lease) => {
          order.push(place);
          await lease.release();
        });
      waiting.push(turn);
      await queued(place + 1);
    }
    await holder.release();
    await Promise.all(waiting);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(await keysInForce(), []);
  });

  it('lets nobody barge in, neither a try nor a newcomer, while somebody waits', async () => {
    const asking = backend();
    const [holder, waiter, newcomer] = [request(), request(), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    assert.equal((await asking.ask(waiter, 1)).kind, 'queued');
    assert.equal(await asking.free(grant), 'released');
    // It is handed over inside the release: there is no moment at which it is free.
    assert.equal((await asking.attempt(request())).kind, 'busy');
    assert.equal((await asking.ask(newcomer, 1)).kind, 'queued');
    assert.equal((await asking.ask(waiter, 2)).kind, 'granted');
  });

  it('is kept by a request that is sent again, and by all later ones', async () => {
    const asking = backend();
    const [holder, first, second] = [request(), request(), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    await asking.ask(first, 1);
    await asking.ask(second, 1);
    for (const n of [1, 2, 3]) await asking.ask(first, n);
    await asking.free(grant);
    assert.equal((await asking.ask(second, 2)).kind, 'queued');
    assert.equal((await asking.ask(first, 4)).kind, 'granted');
  });

  it('does not depend on the clocks of the clients, nor on that of the server', async () => {
    const asking = backend();
    const [holder, first, second] = [request(), request(), request()];
    await asking.ask(holder, 1);
    await asking.ask(first, 1);
    await asking.ask(second, 1);
    const places = await admin.zrange(`holdfast:{${KEY}}:queue`, '0', '-1', 'WITHSCORES');
    assert.deepEqual(places, [first.token, '1', second.token, '2']);
  });
});

describe('the handover', () => {
  it('tells the next one alone, with a lease of its own and a higher fencing token', async () => {
    const [holder, waiter] = [fairLock(), fairLock()];
    const lease = await holder.acquire(KEY);
    const next = waiter.acquire(KEY, { leaseMs: 5000 });
    await queued(1);
    await admin.config('RESETSTAT');
    await lease.release();
    const taken = await next;
    const sent = await admin.info('commandstats');
    assert.match(sent, /cmdstat_publish:calls=1,/);
    assert.ok(taken.fencingToken !== undefined && lease.fencingToken !== undefined);
    assert.ok(taken.fencingToken > lease.fencingToken);
    assert.ok(taken.remainingMs() > LEASE_MS);
    assert.ok((await admin.pttl(`holdfast:{${KEY}}`)) > LEASE_MS);
  });

  it('also reaches a waiter that hears no news, by what it asks', async () => {
    const holder = await fairLock().acquire(KEY);
    const deaf = fairLock({ client: client(), subscriber: undefined, leaseMs: 300 });
    const next = deaf.acquire(KEY);
    await queued(1);
    await holder.release();
    assert.equal(await (await next).release(), 'released');
  });

  it('takes place when a lease runs out and nobody releases', async () => {
    await fairLock().acquire(KEY, { leaseMs: 100, renew: false });
    const next = await fairLock().acquire(KEY);
    assert.equal(await next.release(), 'released');
  });

  it('takes place also when a release comes too late', async () => {
    const asking = backend();
    const [holder, waiter] = [request(), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    await asking.ask(waiter, 1);
    await admin.del(`holdfast:{${KEY}}`);
    assert.equal(await asking.free(grant), 'lost');
    assert.equal(await admin.get(`holdfast:{${KEY}}`), waiter.token);
  });

  it('passes over those who have died, however many', async () => {
    const asking = backend();
    const [holder, alive] = [request(), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    const dying = Array.from({ length: 250 }, () => request(10));
    await Promise.all(dying.map((each) => asking.ask(each, 1)));
    await asking.ask(alive, 1);
    await delay(aliveMs(10) + 5);
    await asking.free(grant);
    // One script drops so many of them at most; whoever asks goes on.
    while ((await asking.ask(alive, 2)).kind !== 'granted');
    assert.equal(await admin.zcard(`holdfast:{${KEY}}:queue`), 0);
  });
});

describe('the queue', () => {
  it('tells a waiter that it has dropped that it is not queued, and never brings it back by a later request', async () => {
    const asking = backend();
    const [holder, silent, next] = [request(), request(10), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    await asking.ask(silent, 1);
    await asking.ask(next, 1);
    await delay(aliveMs(10) + 5);
    await asking.free(grant);
    assert.equal(await admin.get(`holdfast:{${KEY}}`), next.token);
    assert.equal((await asking.ask(silent, 2)).kind, 'dropped');
    assert.equal(await admin.zcard(`holdfast:{${KEY}}:queue`), 0);
  });

  it('does not take in a request that arrives after its own withdrawal', async () => {
    const asking = backend();
    const [holder, late] = [request(), request()];
    await asking.ask(holder, 1);
    await asking.undo(late);
    assert.equal((await asking.ask(late, 1)).kind, 'dropped');
    assert.equal(await admin.zcard(`holdfast:{${KEY}}:queue`), 0);
    await asking.undo(holder);
    assert.equal((await asking.ask(late, 1)).kind, 'dropped', 'nor is it granted then');
  });

  it('forgets a waiter that gives up, and one that gives up with the lock already its own passes it on', async () => {
    const asking = backend();
    const [holder, first, second] = [request(), request(), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    await asking.ask(first, 1);
    await asking.ask(second, 1);
    await asking.free(grant);
    await asking.undo(first);
    assert.equal(await admin.get(`holdfast:{${KEY}}`), second.token);
    await asking.undo(second);
    assert.deepEqual(await keysInForce(), []);
  });

  it('disappears with the last of its waiters, also if all have died', async () => {
    const asking = backend();
    await asking.ask(request(10), 1);
    await asking.ask(request(10), 1);
    for (const key of await admin.keys('*:queue')) assert.ok((await admin.pttl(key)) <= 2 * aliveMs(10));
    while ((await keysInForce()).length > 0) await delay(5);
  });

  it('is left without a trace by a waiter whose time is up, or who is aborted', async () => {
    const holder = await fairLock().acquire(KEY);
    const waiter = fairLock();
    await assert.rejects(waiter.acquire(KEY, { timeoutMs: 30 }), { code: 'LOCK_TIMEOUT', outcome: 'definite' });
    const leaving = new AbortController();
    const aborted = assert.rejects(waiter.acquire(KEY, { signal: leaving.signal }), { code: 'LOCK_ABORTED' });
    await queued(1);
    leaving.abort();
    await aborted;
    await waiter.drained();
    assert.equal((await waiter.inspect(KEY)).waiters, 0);
    await holder.release();
    assert.deepEqual(await keysInForce(), []);
  });

  it('lies on one slot of a cluster with the lock', async () => {
    const asking = backend();
    await asking.ask({ ...request(), key: 'a}b' }, 1);
    await asking.ask({ ...request(), key: 'a}b' }, 1);
    const tags = (await admin.keys('*')).map((key) => /\{(.*?)\}/.exec(key)?.[1]);
    assert.deepEqual([...new Set(tags)], ['a%7Db']);
  });

  it('survives trouble of the server: without memory nobody is granted, and nobody is forgotten', async () => {
    const asking = backend();
    const [holder, waiter] = [request(), request()];
    const grant = granted(holder, await asking.ask(holder, 1));
    await asking.ask(waiter, 1);
    await admin.config('SET', 'maxmemory', '1');
    try {
      assert.equal(await asking.free(grant), 'released');
      await assert.rejects(asking.ask(request(), 1), { code: 'LOCK_BACKEND_UNAVAILABLE', message: /OOM/ });
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
    assert.equal((await asking.ask(waiter, 2)).kind, 'granted');
  });
});

describe('a re-sent request', () => {
  it('of the holder gets the same fencing token', async () => {
    const asking = backend();
    const holder = request();
    const first = granted(holder, await asking.ask(holder, 1));
    const again = granted(holder, await asking.ask(holder, 1));
    assert.equal(first.fencingToken, again.fencingToken);
  });

  it('after the release is another grant: releasing the first one again does not free it', async () => {
    const asking = backend();
    const holder = request();
    const grant = granted(holder, await asking.ask(holder, 1));
    await asking.free(grant);
    granted(holder, await asking.ask(holder, 1));
    assert.equal(await asking.free(grant), 'lost');
  });
});

it('ten clients share one key equally, with fencing tokens that rise', async () => {
  const locks = Array.from({ length: 10 }, () => fairLock());
  const fences: bigint[] = [];
  const counts = await Promise.all(
    locks.map(async (lock) => {
      for (let cycle = 0; cycle < 30; cycle += 1) {
        const lease: Lease = await lock.acquire(KEY);
        assert.ok(lease.fencingToken !== undefined);
        fences.push(lease.fencingToken);
        assert.equal(await lease.release(), 'released');
      }
      return 30;
    }),
  );
  assert.equal(counts.length * 30, fences.length);
  assert.deepEqual(
    fences,
    fences.toSorted((a, b) => (a < b ? -1 : 1)),
  );
  assert.equal(new Set(fences).size, fences.length);
});
