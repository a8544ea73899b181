/** A subscription ends with its waiter, whatever becomes of the connection meanwhile. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import { RedisFairLock, RedisLock, Redlock } from '../../../implementations/redis/index.ts';
import type { RedisLockOptions } from '../../../implementations/redis/index.ts';
import { RedisServer } from '../../../tools/redis-server.ts';
import { eventually } from '../connected.ts';

type Clients = Required<Pick<RedisLockOptions, 'client' | 'subscriber'>>;

const LOCKS: Readonly<Record<string, (clients: Clients) => LeaseLock>> = {
  RedisLock: (clients) => new RedisLock(clients),
  RedisFairLock: (clients) => new RedisFairLock(clients),
  Redlock: ({ client, subscriber }) => new Redlock({ clients: [client], subscribers: [subscriber] }),
};
const SETTINGS: Readonly<Record<string, RedisOptions>> = {
  'that queues what it cannot send': {},
  'that refuses what it cannot send': { enableOfflineQueue: false },
  'that leaves subscribing anew to us': { enableOfflineQueue: false, autoResubscribe: false },
};

void describe('subscriptions', () => {
  let server: RedisServer;
  const clients: Redis[] = [];
  before(async () => {
    server = await RedisServer.start();
  });
  after(async () => {
    for (const client of clients) client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  const ready = (...some: readonly Redis[]): Promise<void> =>
    eventually(() => some.every(({ status }) => status === 'ready'));
  const open = async (options: RedisOptions = {}): Promise<Redis> => {
    const client = new Redis({ port: server.port, host: '127.0.0.1', retryStrategy: () => 20, ...options });
    client.on('error', () => undefined);
    clients.push(client);
    await ready(client);
    return client;
  };

  for (const [name, make] of Object.entries(LOCKS)) {
    for (const [kind, options] of Object.entries(SETTINGS)) {
      void it(`${name} with a client ${kind}: none is left of waiters who gave up during an outage`, async () => {
        const admin = await open();
        const [client, subscriber] = [await open(options), await open(options)];
        const lock = make({ client, subscriber });
        await lock.acquire('orders', { leaseMs: 60_000, renew: false });
        const waiting = lock.acquire('orders', { timeoutMs: 300 });
        const gaveUp = assert.rejects(waiting);
        await eventually(async () => (await admin.pubsub('CHANNELS')).length > 0);
        await server.kill();
        await gaveUp;
        await lock.close();
        await server.start();
        await ready(client, subscriber, admin);
        // Answered after everything that was sent on this connection by itself.
        await subscriber.subscribe('last');
        assert.deepEqual(await admin.pubsub('CHANNELS'), ['last']);
        await subscriber.unsubscribe('last');
      });
    }
  }
});
