/** What the Redis locks say when the server refuses: a typed error, definite, and what to do about it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import type { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import { RedisLock } from '../../../implementations/redis/basic.ts';
import type { RedisLockOptions } from '../../../implementations/redis/basic.ts';
import { Redlock } from '../../../implementations/redis/redlock.ts';
import { RedisFairLock } from '../../../implementations/redis/fair.ts';
import { RedisReadWriteLock } from '../../../implementations/redis/read-write.ts';
import { RedisReentrantLock } from '../../../implementations/redis/reentrant.ts';
import { RedisSentinelLock } from '../../../implementations/redis/sentinel.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

const LOCKS: Readonly<Record<string, (options: RedisLockOptions & { client: Redis }) => LeaseLock>> = {
  'redis-basic': (options) => new RedisLock(options),
  'redis-reentrant': (options) => new RedisReentrantLock(options),
  'redis-fair': (options) => new RedisFairLock(options),
  'redis-read-write': (options) => new RedisReadWriteLock(options),
};

let server: RedisServer;
let admin: Redis;
const open: { close(): unknown }[] = [];

before(async () => {
  server = await RedisServer.start();
  admin = new Redis(server.port, '127.0.0.1');
});
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
  await admin.flushall();
});
after(async () => {
  admin.disconnect();
  await server[Symbol.asyncDispose]();
});

function client(options: { username?: string; password?: string } = {}): Redis {
  const made = new Redis({ port: server.port, host: '127.0.0.1', enableReadyCheck: false, ...options });
  made.on('error', () => undefined);
  open.push({ close: () => made.disconnect() });
  return made;
}

for (const [name, make] of Object.entries(LOCKS)) {
  const lockOf = (redis: Redis): LeaseLock => {
    const lock = make({ client: redis, leaseMs: 20_000 });
    open.push(lock);
    return lock;
  };
  const refuses = async (lock: LeaseLock, remedy: RegExp): Promise<void> => {
    await assert.rejects(lock.tryAcquire('orders'), {
      code: 'LOCK_BACKEND_UNAVAILABLE',
      outcome: 'definite',
      message: remedy,
    });
  };

  describe(name, () => {
    it('says that the password is wrong', async () => {
      await admin.config('SET', 'requirepass', 'secret');
      try {
        await refuses(lockOf(client()), /NOAUTH.*check the user name and the password/);
      } finally {
        await admin.config('SET', 'requirepass', '');
      }
    });

    it('says what the user lacks', async () => {
      await admin.call('ACL', 'SETUSER', 'narrow', 'on', '>secret', '+ping', '+info', '~holdfast:*');
      await refuses(lockOf(client({ username: 'narrow', password: 'secret' })), /NOPERM.*the user needs/);
    });

    it('says that the server is a replica', async () => {
      await using primary = await RedisServer.start();
      await admin.replicaof('127.0.0.1', primary.port);
      try {
        await refuses(lockOf(client()), /READONLY.*connect to its primary/);
      } finally {
        await admin.replicaof('NO', 'ONE');
      }
    });

    it('says that the server is out of memory, and leaves nothing behind', async () => {
      await admin.config('SET', 'maxmemory', '1');
      try {
        await refuses(lockOf(client()), /OOM.*raise maxmemory/);
      } finally {
        await admin.config('SET', 'maxmemory', '0');
      }
      assert.deepEqual(await admin.keys('*'), []);
    });

    it('works for a user without channels, as Redis 7 makes them, and says that nobody can be woken', async () => {
      await admin.call('ACL', 'SETUSER', 'unheard', 'reset', 'on', '>secret', '~holdfast:*', '+@all');
      const user = { username: 'unheard', password: 'secret' };
      const [redis, subscriber] = [client(user), client(user)];
      const lock = make({ client: redis, subscriber, leaseMs: 20_000, retry: { delayMs: 20, maxDelayMs: 20 } });
      open.push(lock);
      const lease = await lock.acquire('orders');
      const waiter = lock.acquire('orders');
      // It has asked, and been told that the lock is busy.
      await redis.ping();
      assert.equal(await lease.release(), 'released');
      assert.equal(await (await waiter).release(), 'released');
      const { ok, detail } = await lock.health();
      assert.equal(ok, true);
      assert.match(detail ?? '', /wake-ups are refused.*NOPERM/);
    });
  });
}

describe('redlock', () => {
  it('works for a user without channels, and says that nobody can be woken', async () => {
    await admin.call('ACL', 'SETUSER', 'unheard', 'reset', 'on', '>secret', '~holdfast:*', '+@all');
    const user = { username: 'unheard', password: 'secret' };
    const lock = new Redlock({ clients: [client(user)], subscribers: [client(user)], leaseMs: 20_000 });
    open.push(lock);
    assert.equal(await (await lock.acquire('orders')).release(), 'released');
    assert.match((await lock.health()).detail ?? '', /1 of 1 nodes answer; wake-ups are refused.*NOPERM/);
  });
});

describe('redis-sentinel', () => {
  it('undoes a grant that no replica has, and says how many have it', async () => {
    const lock = new RedisSentinelLock({ client: client(), leaseMs: 2000, replicationMs: 5 });
    open.push(lock);
    await assert.rejects(lock.tryAcquire('orders'), {
      code: 'LOCK_BACKEND_UNAVAILABLE',
      message: /^0 of 1 replicas confirmed the grant of "orders" within 5 ms/,
    });
    await lock.drained();
    assert.equal(await admin.exists('holdfast:{orders}'), 0);
  });

  it('grants when the replicas have it, and without asking them where none are wanted', async () => {
    await using replica = await RedisServer.start();
    const follower = new Redis(replica.port, '127.0.0.1');
    open.push({ close: () => follower.disconnect() });
    await admin.config('SET', 'repl-diskless-sync-delay', '0');
    await follower.replicaof('127.0.0.1', server.port);
    while (!(await follower.info('replication')).includes('master_link_status:up'));
    const lock = new RedisSentinelLock({ client: client(), leaseMs: 2000, replicas: 1, replicationMs: 400 });
    open.push(lock);
    const lease = await lock.acquire('orders');
    assert.equal(await follower.get('holdfast:{orders}'), lease.token);
    assert.equal(await lease.release(), 'released');
    const trusting = new RedisSentinelLock({ client: client(), leaseMs: 2000, replicas: 0 });
    open.push(trusting);
    assert.equal(await (await trusting.acquire('stock')).release(), 'released');
  });
});
