import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { LocalLock } from '../../../implementations/baseline/local.ts';
import { MultiLease } from '../../../implementations/decorators/multi-lease.ts';
import { MultiLock } from '../../../implementations/decorators/multi-lock.ts';
import { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import { InvalidKeyError } from '../../../implementations/lock.ts';
import { RedisLock } from '../../../implementations/redis/basic.ts';
import { ScriptedBackend } from '../lease/scripted-backend.ts';
import { VirtualClock } from '../lease/virtual-time.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

describe('several keys', () => {
  it('are taken in one order by everybody, each once', async () => {
    const lock = new MultiLock(new LocalLock());
    const lease = await lock.acquire(['b', 'a', 'b', 'B']);
    assert.deepEqual(
      lease.leases.map(({ key }) => key),
      ['B', 'a', 'b'],
    );
    assert.equal(await lease.release(), 'released');
  });

  it('do not make those wait for ever who want them in different orders', async () => {
    const lock = new MultiLock(new LocalLock());
    const orders = [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
      ['b', 'c'],
    ];
    const cycles = orders.map(async (keys) => {
      for (let cycle = 0; cycle < 50; cycle += 1) await lock.using(keys, {}, async () => undefined);
    });
    await Promise.all(cycles);
  });

  it('are had all or not at all', async () => {
    const single = new LocalLock();
    const lock = new MultiLock(single);
    const busy = await single.acquire('b');
    assert.equal(await lock.tryAcquire(['a', 'b', 'c']), null);
    await assert.rejects(lock.acquire(['a', 'b', 'c'], { timeoutMs: 10 }), { code: 'LOCK_TIMEOUT' });
    for (const key of ['a', 'c']) assert.equal((await single.inspect(key)).held, false);
    await busy.release();
    const lease = await lock.tryAcquire(['a', 'b', 'c']);
    assert.equal(await lease?.release(), 'released');
  });

  it('are at least one, and all of them fit to be keys before the first is taken', async () => {
    const single = new LocalLock();
    const lock = new MultiLock(single);
    await assert.rejects(lock.acquire([]), RangeError);
    await assert.rejects(lock.acquire(['a', 'not\u0000this']), InvalidKeyError);
    assert.equal((await single.inspect('a')).held, false);
  });
});

describe('the lease of several keys', () => {
  it('has ended as soon as the clock says so of one of them, also before any timer has fired', async () => {
    const clock = new VirtualClock();
    const backend = new ScriptedBackend();
    const granted = new LeaseLock(backend, { leaseMs: 600, clock }).acquire('orders');
    (await backend.attempts.next()).answer({ kind: 'granted', fencingToken: 7n });
    const lease = new MultiLease([await granted]);
    assert.equal(lease.signal.aborted, false);
    clock.pause(600);
    assert.equal(lease.signal.aborted, true);
  });
});

describe('the lease of several keys on a server', () => {
  let server: RedisServer;
  let admin: Redis;
  let lock: RedisLock;
  const clients: Redis[] = [];

  const client = (): Redis => {
    const made = new Redis(server.port, '127.0.0.1');
    clients.push(made);
    return made;
  };

  before(async () => {
    server = await RedisServer.start();
    admin = client();
    lock = new RedisLock({ client: client(), subscriber: client(), leaseMs: 2000 });
  });
  beforeEach(async () => {
    await admin.flushall();
  });
  after(async () => {
    await lock.close();
    for (const each of clients) each.disconnect();
    await server[Symbol.asyncDispose]();
  });

  it('lasts as long as the shortest, and is lost with the first', async () => {
    const lease = await new MultiLock(lock).acquire(['a', 'b']);
    const [first, second] = lease.leases;
    assert.equal(lease.expiresAt, Math.min(first?.expiresAt ?? 0, second?.expiresAt ?? 0));
    assert.equal(lease.fencingToken, second?.fencingToken, 'the last is granted when the whole is');
    await admin.del('holdfast:{b}');
    await assert.rejects(lease.renew(), { code: 'LEASE_LOST' });
    assert.equal(lease.signal.aborted, true);
    assert.equal(lease.remainingMs(), 0);
    assert.equal(await lease.release(), 'lost');
    assert.equal(await admin.exists('holdfast:{a}'), 0, 'what was not lost is given back');
  });

  it('tells of a renewal when its own deadline has moved', async () => {
    const lease = await new MultiLock(lock).acquire(['a', 'b']);
    const told: number[] = [];
    const stop = lease.onRenewed((expiresAt) => told.push(expiresAt));
    await lease.renew();
    assert.equal(told.at(-1), lease.expiresAt);
    stop();
    await lease.release();
  });

  it('begins anew when a key was lost while the others were waited for', async () => {
    const busy = await lock.acquire('b');
    const waiting = new MultiLock(lock).acquire(['a', 'b'], { leaseMs: 300, renew: false });
    while ((await admin.exists('holdfast:{a}')) === 0);
    const first = await admin.get('holdfast:{a}');
    while ((await admin.exists('holdfast:{a}')) === 1);
    await busy.release();
    const lease = await waiting;
    assert.notEqual(lease.leases[0]?.token, first);
    assert.ok(lease.remainingMs() > 0);
    assert.equal(await lease.release(), 'released');
  });
});
