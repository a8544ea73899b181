/** One at a time, and honest answers. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConformanceCase } from '../case.ts';
import { assertBusy, granted, released } from '../expect.ts';

const CONTENDERS = 3;
const CYCLES = 20;

export const exclusionCases: readonly ConformanceCase[] = [
  {
    name: 'one holder at a time, and free again after its release',
    async run(stage) {
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, stage.leaseMs * 10);
      await assertBusy(other.lock, key, stage.leaseMs);
      await assertBusy(one.lock, key, stage.leaseMs);
      await released(lease);
      await released(await granted(other.lock, key, stage.leaseMs));
    },
  },
  {
    name: 'contenders never overlap, and all of them get their turns',
    async run(stage) {
      const key = stage.key();
      const clients = await Promise.all(Array.from({ length: CONTENDERS }, () => stage.connect()));
      let inside = 0;
      let turns = 0;
      await Promise.all(
        clients.map(async ({ lock }) => {
          for (let cycle = 0; cycle < CYCLES; cycle++) {
            await using lease = await lock.acquire(key, { leaseMs: stage.leaseMs * 10, timeoutMs: 60_000 });
            assert.equal(++inside, 1, `${inside} holders of ${lease.key} at once`);
            await sleep(1);
            inside--;
            turns++;
          }
        }),
      );
      assert.equal(turns, CONTENDERS * CYCLES);
    },
  },
  {
    name: 'different keys do not disturb each other',
    async run(stage) {
      const { lock } = await stage.connect();
      await using first = await granted(lock, stage.key('a'), stage.leaseMs * 10);
      await using second = await granted(lock, stage.key('ab'), stage.leaseMs * 10);
      assert.notEqual(first.token, second.token);
    },
  },
  {
    name: 'every acquisition has a token of its own, of at least 128 bits',
    async run(stage) {
      const { lock } = await stage.connect();
      const tokens = new Set<string>();
      for (let count = 0; count < 5; count++) {
        await using lease = await granted(lock, stage.key(), stage.leaseMs * 10);
        tokens.add(lease.token);
        assert.ok(lease.token.length * 6 >= 128, `"${lease.token}" has fewer than 128 bits`);
      }
      assert.equal(tokens.size, 5);
    },
  },
  {
    name: 'inspect tells what is held, health that the backend answers',
    async run(stage) {
      const { lock } = await stage.connect();
      const key = stage.key();
      assert.equal((await lock.inspect(key)).held, false);
      const lease = await granted(lock, key, stage.leaseMs * 10);
      const seen = await lock.inspect(key);
      assert.equal(seen.held, true);
      assert.ok((seen.remainingMs ?? 1) > 0);
      if (seen.fencingToken !== undefined) assert.equal(seen.fencingToken, lease.fencingToken);
      await lease.release();
      assert.equal((await lock.inspect(key)).held, false);
      const health = await lock.health();
      assert.equal(health.ok, true, health.detail);
    },
  },
  {
    name: 'using releases, also when the routine throws, and the routine’s own error wins',
    async run(stage) {
      const { lock } = await stage.connect();
      const key = stage.key();
      const options = { leaseMs: stage.leaseMs * 10 };
      assert.equal(await lock.using(key, options, async () => 42), 42);
      const own = new Error('its own');
      await assert.rejects(
        lock.using(key, options, () => Promise.reject(own)),
        (error) => error === own,
      );
      await (await granted(lock, key, stage.leaseMs)).release();
    },
  },
];
