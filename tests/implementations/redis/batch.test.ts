/** Scripts of one turn leave together, and each has its own reply. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Redis } from 'ioredis';
import { Batch } from '../../../implementations/redis/batch.ts';
import type { RedisClient } from '../../../implementations/redis/client.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

/** What a client of a real server writes to its socket, counted. */
async function withClient(use: (batch: Batch, writes: () => number) => Promise<void>): Promise<void> {
  await using server = await RedisServer.start();
  const client = new Redis(server.port);
  try {
    await client.ping();
    const { stream } = client as unknown as { stream: { write(data: unknown): boolean } };
    const write = stream.write.bind(stream);
    let writes = 0;
    stream.write = (data) => {
      writes += 1;
      return write(data);
    };
    await use(Batch.of(client), () => writes);
  } finally {
    client.disconnect();
  }
}

void it('scripts of one turn leave in one write, and each has its own reply or error', async () => {
  await withClient(async (batch, writes) => {
    const replies = await Promise.allSettled([
      batch.run('eval', 'return ARGV[1]', 0, ['one']),
      batch.run('evalsha', '0'.repeat(40), 0, []),
      Promise.resolve().then(() => batch.run('eval', 'return ARGV[1]', 0, ['a step later'])),
    ]);
    assert.deepEqual(
      replies.map((reply) => (reply.status === 'fulfilled' ? reply.value : (reply.reason as Error).name)),
      ['one', 'ReplyError', 'a step later'],
    );
    assert.equal(writes(), 1);
  });
});

void it('a script that is alone in its turn does not wait for another', async () => {
  await withClient(async (batch, writes) => {
    assert.equal(await batch.run('eval', 'return 1', 0, []), 1);
    assert.equal(await batch.run('eval', 'return 2', 0, []), 2);
    assert.equal(writes(), 2);
  });
});

void it('the scripts of a cluster leave one by one, for they may go to different nodes', async () => {
  const sent: string[] = [];
  const cluster = {
    isCluster: true,
    eval: async (script: string) => sent.push(script),
    pipeline: () => assert.fail('a pipeline'),
  } as unknown as RedisClient;
  const batch = Batch.of(cluster);
  await Promise.all([batch.run('eval', 'a', 0, []), batch.run('eval', 'b', 0, [])]);
  assert.deepEqual(sent, ['a', 'b']);
});
