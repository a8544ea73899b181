/** `holdfast locks` as operators use it, on a real Redis. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as operate from '../../harness/commands/operate.ts';
import type { HolderView } from '../../harness/commands/key-view.ts';
import { lock as redisBasic } from '../../implementations/redis/modules/basic.ts';
import { RedisServer } from '../../tools/redis-server.ts';
import { Sandbox } from './program.ts';

void it('locks: a holder is shown without its token, is taken only with leave, and only if it is the one that is meant', async () => {
  await using server = await RedisServer.start();
  await using sandbox = new Sandbox();
  const at = ['--endpoint', `redis=127.0.0.1:${server.port}`];
  const run = (...args: string[]) => sandbox.start(['locks', ...args, ...at]).ended;
  const { signal } = new AbortController();
  const context = { endpoints: [server.endpoint], natMap: {}, folder: '', options: {}, signal };
  const connected = await redisBasic.connect({ ...context, prefix: 'holdfast:' });
  try {
    const lease = await connected.lock.acquire('orders', { leaseMs: 60_000 });
    const listed = await run('ls');
    const [, id] =
      /^orders \(redis\): held by 1\n {2}([0-9a-f]{12}) exclusive, fence \d+, until /.exec(listed.stdout) ?? [];
    assert.ok(id !== undefined && !listed.stdout.includes(lease.token), listed.stdout);

    const refused = await run('force-release', 'orders');
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(refused.stderr, /there is no terminal to ask on: add --yes/);
    assert.equal((await connected.lock.inspect('orders')).held, true);

    const forced = await run('force-release', 'orders', '--yes', '--holder', id, '--json');
    const result = JSON.parse(forced.stdout) as operate.ForceResult;
    assert.deepEqual([forced.code, result.outcome, result.holder?.id], [0, 'freed', id]);
    assert.ok(BigInt(result.fence ?? 0) > (lease.fencingToken ?? 0n));
    assert.match(result.notice ?? '', /until its next renewal.*LEASE_LOST/);
    assert.equal(await lease.release(), 'lost');
  } finally {
    await connected.close();
  }
});

void it('locks: nothing is done to a holder who is not agreed to, to another than the one that is named, and to nobody', async () => {
  await using server = await RedisServer.start();
  const { signal } = new AbortController();
  const context = { endpoints: [server.endpoint], natMap: {}, folder: '', options: {}, signal };
  const connected = await redisBasic.connect({ ...context, prefix: 'holdfast:' });
  try {
    const lease = await connected.lock.acquire('orders');
    await operate.operating({ backend: 'redis', endpoints: [server.endpoint] }, async (operator) => {
      const asked: HolderView[] = [];
      const force = (key: string, yes: boolean, holder?: string) =>
        operate.forceRelease(operator, {
          ...{ key, holder },
          confirm: (_, seen) => {
            asked.push(seen);
            return Promise.resolve(yes);
          },
        });
      assert.equal((await force('orders', false)).outcome, 'declined');
      assert.equal(asked.length, 1);
      assert.equal((await force('orders', true, '000000000000')).outcome, 'changed');
      assert.equal((await force('nothing', true)).outcome, 'free');
      assert.equal(asked.length, 1);
      const dry = await operate.sweep(operator, { ageMs: 0, limit: 10, dryRun: true });
      assert.deepEqual(dry.found, []);
    });
    assert.equal(await lease.release(), 'released');
    const removed = await operate.operating({ backend: 'redis', endpoints: [server.endpoint] }, async (operator) => {
      const runs = [];
      for (const dryRun of [true, false, false])
        runs.push(await operate.sweep(operator, { ageMs: 0, limit: 10, dryRun }));
      return runs.map(({ found }) => found.map((one) => one.removed));
    });
    assert.deepEqual(removed, [[false], [true], []]);
  } finally {
    await connected.close();
  }
});
