/** Processes that die, and what is left behind. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockTimeoutError, type ConnectedLock } from 'holdfast-locks';
import { needs, type ConformanceCase, type Stage } from '../case.ts';
import { granted, released, until } from '../expect.ts';

const LATE_MS = 5000;
const GONE_WITHIN_MS = 10_000;
/** Servers that change nothing for so long are at rest: connections are closed within less. */
const REST_MS = 300;
const MORE_THAN_A_POOL = 30;

export const recoveryCases: readonly ConformanceCase[] = [
  {
    name: 'the lock of a process that was killed goes to another, within the lease and what the catalogue adds',
    async run(stage) {
      const other = await stage.connect();
      const key = stage.key();
      const holder = await stage.holder({ key, leaseMs: stage.leaseMs });
      await holder.granted;
      await holder.kill();
      const timeoutMs = stage.leaseMs + stage.module.recoverMs + LATE_MS;
      const lease = await other.lock.acquire(key, { leaseMs: stage.leaseMs, timeoutMs });
      await released(lease);
    },
  },
  {
    name: 'a process that has closed its lock ends by itself: no handle and no timer keeps it',
    async run(stage) {
      const holder = await stage.holder({ key: stage.key(), leaseMs: stage.leaseMs });
      await holder.granted;
      assert.equal(await holder.leave(), 'exit code 0');
    },
  },
  {
    name: 'waits that were given up leave nothing on the servers',
    alone: true,
    async run(stage) {
      needs(stage, 'abort');
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const cycle = async (): Promise<void> => {
        const lease = await granted(one.lock, key, stage.leaseMs * 20);
        await assert.rejects(other.lock.acquire(key, { timeoutMs: 100 }), LockTimeoutError);
        const giveUp = new AbortController();
        setTimeout(() => giveUp.abort(), 50);
        await assert.rejects(other.lock.acquire(key, { timeoutMs: 60_000, signal: giveUp.signal }));
        await released(lease);
      };
      // The first round makes what is meant to stay: connections, subscriptions, the last fence of the key.
      await cycle();
      // A pool grows by what happens at once, and stays so: now to its full size, lest it be taken for a leak later.
      const askMany = ({ lock }: ConnectedLock): Promise<unknown> =>
        Promise.all(Array.from({ length: MORE_THAN_A_POOL }, () => lock.inspect(key)));
      await Promise.all([one, other].map(askMany));
      const before = await atRest(stage);
      for (let round = 0; round < 3; round++) await cycle();
      await noMoreThan(stage, before);
    },
  },
  {
    name: 'a closed lock leaves no connection and no session on the servers',
    alone: true,
    async run(stage) {
      const key = stage.key();
      const first = await stage.connect();
      await (await granted(first.lock, key, stage.leaseMs * 20)).release();
      await first.close();
      const before = await atRest(stage);
      const second = await stage.connect();
      await (await granted(second.lock, key, stage.leaseMs * 20)).release();
      await second.close();
      await noMoreThan(stage, before);
    },
  },
];

type Census = Awaited<ReturnType<Stage['census']>>;

/** What is on the servers when nothing changes any more. */
async function atRest(stage: Stage): Promise<Census> {
  let before: Census = {};
  await until(GONE_WITHIN_MS, 'the servers come to rest', async () => {
    const seen = await stage.census();
    const resting = JSON.stringify(seen) === JSON.stringify(before);
    before = seen;
    if (!resting) await sleep(REST_MS);
    return resting;
  });
  return before;
}

/** Fewer is no harm: pools close what has been idle for long. */
async function noMoreThan(stage: Stage, before: Census): Promise<void> {
  let after: Census = {};
  await until(GONE_WITHIN_MS, `no more than ${JSON.stringify(before)} on the servers`, async () => {
    after = await stage.census();
    return Object.entries(after).every(([what, count]) => count <= (before[what] ?? 0));
  }).catch((cause: unknown) => {
    assert.fail(`${(cause as Error).message}: ${JSON.stringify(after)}`);
  });
}
