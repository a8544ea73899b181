/** That each specimen's mistake is really there, and can be reached. That the harness finds it is the harness's test. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findLock } from '../../implementations/catalogue.ts';
import type { Lock } from '../../implementations/lock.ts';
import { RedisServer } from '../../tools/redis-server.ts';

const KEY = 'test:{orders}';
let servers: RedisServer[];
let admins: Redis[];
let admin: Redis;
const closers: (() => Promise<void>)[] = [];

before(async () => {
  servers = await RedisServer.startMany(5);
  admins = servers.map(({ port }) => new Redis(port, '127.0.0.1'));
  const [first] = admins;
  assert.ok(first !== undefined);
  admin = first;
});

beforeEach(async () => {
  await Promise.all(admins.map((each) => each.flushall()));
});

after(async () => {
  for (const close of closers) await close();
  for (const each of admins) each.disconnect();
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
});

async function open(name: string): Promise<Lock> {
  const module = findLock(name)?.module;
  assert.ok(module !== undefined);
  const endpoints = servers.slice(0, module.topologies[0] === 'single' ? 1 : 5).map(({ endpoint }) => endpoint);
  const { signal } = new AbortController();
  const context = { endpoints, natMap: {}, prefix: 'test:', folder: tmpdir(), options: {}, signal };
  const connected = await module.connect(context);
  closers.push(() => connected.close());
  await connected.lock.health();
  return connected.lock;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(1);
}

describe('specimens on one server', () => {
  it('setnx-then-expire leaves a key without expiry to whoever dies in between', async () => {
    const lock = await open('setnx-then-expire');
    const granted = lock.acquire('orders');
    await until(async () => (await admin.exists(KEY)) === 1);
    assert.equal(await admin.pttl(KEY), -1);
    await (await granted).release();
  });

  it('no-expiry leaves it to whoever dies at all, also after a renewal', async () => {
    const lock = await open('no-expiry');
    const lease = await lock.acquire('orders');
    await lease.renew();
    assert.equal(await admin.pttl(KEY), -1);
    assert.ok(lease.remainingMs() < Infinity);
    await lease.release();
  });

  it('no-owner-delete ends the lease of its successor', async () => {
    const [late, next] = [await open('no-owner-delete'), await open('redis-basic')];
    const lapsed = await late.acquire('orders', { leaseMs: 50, renew: false });
    const lease = await next.acquire('orders');
    assert.equal(await lapsed.release(), 'released');
    assert.equal(await lease.release(), 'lost');
  });

  it('get-then-delete ends the lease of a successor that comes in between', async () => {
    const lock = await open('get-then-delete');
    const lease = await lock.acquire('orders');
    await admin.config('RESETSTAT');
    const released = lease.release();
    await until(async () => (await admin.info('commandstats')).includes('cmdstat_get:'));
    await admin.set(KEY, 'successor');
    assert.equal(await released, 'released');
    assert.equal(await admin.exists(KEY), 0);
  });

  it('renewal-without-deadline does not notice that its deadline has passed', async () => {
    const leases = [];
    for (const name of ['renewal-without-deadline', 'redis-basic']) {
      const lock = await open(name);
      leases.push(await lock.acquire(name, { leaseMs: 300 }));
    }
    servers[0]?.pause();
    const [broken, correct] = leases;
    await until(async () => correct?.signal.aborted ?? false);
    await until(async () => broken?.remainingMs() === 0);
    assert.equal(broken?.signal.aborted, false);
    servers[0]?.resume();
    await admin.del('test:{renewal-without-deadline}');
    await until(async () => broken?.signal.aborted ?? false);
  });

  it('renew-recreates-key goes on with a key that had vanished', async () => {
    const lock = await open('renew-recreates-key');
    const lease = await lock.acquire('orders', { leaseMs: 300 });
    await admin.del(KEY);
    await until(async () => (await admin.get(KEY)) === lease.token);
    assert.ok(lease.remainingMs() > 0);
    await lease.release();
  });

  it('fence-outside-grant draws its number when its lease is over and another has the lock', async () => {
    const lock = await open('fence-outside-grant');
    servers[0]?.pause();
    const granted = lock.acquire('orders', { leaseMs: 50 });
    await delay(100);
    const successor = admin.multi().del(KEY).incr(`${KEY}:fence:late`).exec();
    servers[0]?.resume();
    await successor;
    const lease = await granted;
    assert.equal(lease.remainingMs(), 0);
    assert.equal(await admin.get(`${KEY}:fence:late`), String(lease.fencingToken));
  });
});

describe('specimens of redlock', () => {
  it('redlock-unconditional-cleanup deletes the keys of the holder', async () => {
    const [holder, contender] = [await open('redlock'), await open('redlock-unconditional-cleanup')];
    const lease = await holder.acquire('orders');
    assert.equal(await contender.tryAcquire('orders'), null);
    await until(async () => (await admin.exists(KEY)) === 0);
    assert.equal(await lease.release(), 'lost');
  });

  it('redlock-no-validity-check returns a lease whose deadline has passed', async () => {
    const lock = await open('redlock-no-validity-check');
    for (const server of servers) server.pause();
    const granted = lock.tryAcquire('orders', { leaseMs: 50 });
    await delay(100);
    for (const server of servers) server.resume();
    assert.equal((await granted)?.remainingMs(), 0);
  });

  it('redlock-minority lets in a client that reaches two of five', async () => {
    const lock = await open('redlock-minority');
    await Promise.all(admins.slice(0, 3).map((each) => each.set(KEY, 'holder of a majority')));
    assert.notEqual(await lock.tryAcquire('orders'), null);
  });
});
