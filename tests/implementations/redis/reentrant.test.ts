import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { LeaseRequest } from '../../../implementations/lease/backend.ts';
import type { RedisLockOptions } from '../../../implementations/redis/basic.ts';
import { RedisReentrantBackend, RedisReentrantLock } from '../../../implementations/redis/reentrant.ts';
import { newToken } from '../../../implementations/token.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

const KEY = 'orders';
const LEASE_MS = 2000;
const [me, you] = [{ owner: 'me' }, { owner: 'you' }];

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
  const made = new Redis(server.port, '127.0.0.1');
  open.push({ close: () => made.disconnect() });
  return made;
}

function reentrantLock(options: Partial<RedisLockOptions> = {}): RedisReentrantLock {
  const lock = new RedisReentrantLock({ client: client(), subscriber: client(), leaseMs: LEASE_MS, ...options });
  open.push(lock);
  return lock;
}

function request(owner?: string): LeaseRequest {
  return { key: KEY, token: newToken(), leaseMs: LEASE_MS, mode: 'exclusive', owner };
}

async function keysInForce(): Promise<string[]> {
  return (await admin.keys('*')).filter((key) => !key.endsWith(':fence'));
}

describe('the same owner', () => {
  it('is let in again at once, also from another process, and others when its last lease has ended', async () => {
    const [lock, elsewhere] = [reentrantLock(), reentrantLock()];
    const outer = await lock.acquire(KEY, me);
    const inner = await elsewhere.acquire(KEY, me);
    assert.equal(await elsewhere.tryAcquire(KEY, you), null);
    assert.equal(await outer.release(), 'released');
    assert.equal(await elsewhere.tryAcquire(KEY, you), null, 'the other lease of the owner is in force');
    const waiting = lock.acquire(KEY, you);
    assert.equal(await inner.release(), 'released');
    assert.equal(await (await waiting).release(), 'released');
    assert.deepEqual(await keysInForce(), []);
  });

  it('keeps its fencing token, and the next owner has a higher one', async () => {
    const lock = reentrantLock();
    const [outer, inner] = [await lock.acquire(KEY, me), await lock.acquire(KEY, me)];
    assert.equal(inner.fencingToken, outer.fencingToken);
    await Promise.all([inner.release(), outer.release()]);
    const next = await lock.acquire(KEY, me);
    assert.ok(next.fencingToken !== undefined && outer.fencingToken !== undefined);
    assert.ok(next.fencingToken > outer.fencingToken);
    await next.release();
  });

  it('is nobody who has not said so, nor whoever calls itself by the token of somebody', async () => {
    const lock = reentrantLock();
    const lease = await lock.acquire(KEY);
    assert.equal(await lock.tryAcquire(KEY), null);
    assert.equal(await lock.tryAcquire(KEY, { owner: lease.token }), null);
    await lease.release();
  });
});

describe('a lease', () => {
  it('is not shortened by a shorter one inside it', async () => {
    const lock = reentrantLock();
    const outer = await lock.acquire(KEY, { ...me, leaseMs: 5000 });
    const inner = await lock.acquire(KEY, { ...me, leaseMs: 50, renew: false });
    assert.ok((await admin.pttl(`holdfast:{${KEY}}`)) > 4000);
    await inner.release();
    assert.ok((await admin.pttl(`holdfast:{${KEY}}`)) > 4000);
    await outer.release();
  });

  it('that is shorter ends by itself, and then was lost, while the other goes on', async () => {
    const asking = new RedisReentrantBackend({ client: client() });
    const [outer, inner] = [request('me'), { ...request('me'), leaseMs: 10 }];
    const answer = await asking.attempt(outer);
    await asking.attempt(inner);
    await delay(15);
    const fencingToken = answer.kind === 'granted' ? answer.fencingToken : undefined;
    assert.equal(await asking.extend({ ...inner, fencingToken }), 'lost');
    assert.equal(await asking.free({ ...inner, fencingToken }), 'lost');
    assert.equal(await asking.extend({ ...outer, fencingToken }), 'extended');
    assert.equal(await asking.free({ ...outer, fencingToken }), 'released');
  });

  it('is shortened to the longest that is left when the longest is released', async () => {
    const lock = reentrantLock();
    const long = await lock.acquire(KEY, { ...me, leaseMs: 60_000 });
    const short = await lock.acquire(KEY, me);
    await long.release();
    assert.ok((await admin.pttl(`holdfast:{${KEY}}`)) <= LEASE_MS);
    await short.release();
  });
});

describe('a request that is sent again', () => {
  it('does not count twice', async () => {
    const asking = new RedisReentrantBackend({ client: client() });
    const mine = request('me');
    const first = await asking.attempt(mine);
    assert.deepEqual(await asking.attempt(mine), first);
    const fencingToken = first.kind === 'granted' ? first.fencingToken : undefined;
    assert.equal(await asking.free({ ...mine, fencingToken }), 'released');
    assert.deepEqual(await keysInForce(), []);
  });

  it('to release does not end another lease of the owner', async () => {
    const asking = new RedisReentrantBackend({ client: client() });
    const [mine, other] = [request('me'), request('me')];
    const first = await asking.attempt(mine);
    await asking.attempt(other);
    const fencingToken = first.kind === 'granted' ? first.fencingToken : undefined;
    assert.equal(await asking.free({ ...mine, fencingToken }), 'released');
    assert.equal(await asking.free({ ...mine, fencingToken }), 'lost');
    assert.equal(await asking.free({ ...other, fencingToken }), 'released');
  });
});

it('says who holds it', async () => {
  const lock = reentrantLock();
  const lease = await lock.acquire(KEY, me);
  const { remainingMs = 0, ...rest } = await lock.inspect(KEY);
  assert.deepEqual(rest, { key: KEY, held: true, token: lease.token, fencingToken: lease.fencingToken });
  assert.ok(remainingMs > 0 && remainingMs <= LEASE_MS);
  await lease.release();
  assert.deepEqual(await lock.inspect(KEY), { key: KEY, held: false });
});
