/** A server that begins to want a password while the lock is in use. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Redis } from 'ioredis';
import { isLockError } from '../../../implementations/lock.ts';
import { RedisLock } from '../../../implementations/redis/index.ts';
import { RedisServer } from '../../../tools/redis-server.ts';
import { eventually } from '../connected.ts';

void it('is refused with a typed error, and works again with the password', async () => {
  await using server = await RedisServer.start();
  const open = (): Redis => {
    const client = new Redis({
      port: server.port,
      host: '127.0.0.1',
      enableReadyCheck: false,
      retryStrategy: () => 20,
    });
    client.on('error', () => undefined);
    return client;
  };
  const [admin, client] = [open(), open()];
  try {
    const lock = new RedisLock({ client });
    assert.equal(await (await lock.acquire('orders')).release(), 'released');
    await admin.config('SET', 'requirepass', 'secret');
    // Who is connected stays so; the next connection is asked.
    assert.equal(await (await lock.acquire('orders')).release(), 'released');
    client.disconnect(true);
    await eventually(() => client.status === 'ready');
    // Whether anything was sent before the connection was refused, nobody can say.
    await assert.rejects(lock.tryAcquire('orders'), (error) => {
      assert.ok(isLockError(error), String(error));
      assert.match(error.message, /NOAUTH.*check the user name and the password/);
      return true;
    });
    client.options.password = 'secret';
    client.disconnect(true);
    assert.equal(await (await lock.acquire('orders')).release(), 'released');
  } finally {
    admin.disconnect();
    client.disconnect();
  }
});
