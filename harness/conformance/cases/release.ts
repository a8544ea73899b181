/** The end of a lease: what release answers, and that it stays so. */
import assert from 'node:assert/strict';
import { applicableIf, type ConformanceCase } from '../case.ts';
import { granted, released } from '../expect.ts';

export const releaseCases: readonly ConformanceCase[] = [
  {
    name: 'release is idempotent, one after the other and at once',
    async run(stage) {
      const { lock } = await stage.connect();
      const key = stage.key();
      const lease = await granted(lock, key, stage.leaseMs * 10);
      const [outcome, same] = await Promise.all([lease.release(), lease.release(), released(lease)]);
      assert.equal(same, outcome);
      const next = await granted(lock, key, stage.leaseMs * 10);
      assert.equal(await lease.release(), outcome);
      assert.equal((await lock.inspect(key)).held, true, 'a second release ended the lease of another');
      await next.release();
    },
  },
  {
    name: '"await using" releases at the end of the block',
    async run(stage) {
      const { lock } = await stage.connect();
      const key = stage.key();
      {
        await using lease = await granted(lock, key, stage.leaseMs * 10);
        assert.equal(lease.signal.aborted, false);
      }
      await (await granted(lock, key, stage.leaseMs * 10)).release();
    },
  },
  {
    name: 'fencing tokens rise strictly, over releases, expiry, loss of the key, and other holders',
    alone: true,
    async run(stage) {
      applicableIf(stage.module.claims.fencing !== undefined, 'it issues no fencing tokens');
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      let last = -1n;
      const rises = (fence: bigint | undefined, after: string): void => {
        assert.ok(fence !== undefined, 'a lease without a fencing token');
        assert.ok(fence > last, `${fence} after ${last}, ${after}`);
        last = fence;
      };
      const timeoutMs = stage.leaseMs + stage.module.recoverMs + 5000;
      for (const { lock } of [one, one, other]) {
        await using lease = await granted(lock, key, stage.leaseMs * 10);
        rises(lease.fencingToken, 'after a release');
      }
      const abandoned = await one.lock.acquire(key, { leaseMs: stage.leaseMs, renew: false });
      rises(abandoned.fencingToken, 'after a release');
      if (abandoned.expiresAt === undefined) await abandoned.release();
      const taken = await other.lock.acquire(key, { leaseMs: stage.leaseMs * 10, timeoutMs });
      rises(taken.fencingToken, 'after an expiry');
      if (taken.expiresAt !== undefined) await stage.forget();
      await taken.release();
      await using next = await one.lock.acquire(key, { timeoutMs });
      rises(next.fencingToken, 'after a loss of the key');
    },
  },
];
