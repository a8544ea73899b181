import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarioUrl } from '../../harness/run/scenarios.ts';
import type { Simulated, Work } from '../../harness/sim/search/messages.ts';
import { Pool } from '../../harness/sim/search/pool.ts';
import { InfrastructureError } from '../../harness/base/errors.ts';
import { digestOf, hazardsFor, lockNamed, mixedPlan, sizesFor } from './simulated.ts';

const SCHEDULES = 40;
const BATCH = 5;

/** Digests of the first schedules of a search, by their plans. */
async function search(pool: Pool, name: string): Promise<ReadonlyMap<number, string>> {
  await using run = await pool.load(lockNamed(name).url, scenarioUrl('shared-counter'));
  const space = { sizes: sizesFor(name), hazards: hazardsFor(name), seed: 7 };
  const found = new Map<number, string>();
  let from = 0;
  const next = (): Work | undefined => {
    if (from >= SCHEDULES) return undefined;
    from += BATCH;
    return { type: 'search', space, from: from - BATCH, count: BATCH };
  };
  const take = async (results: readonly Simulated[]): Promise<void> => {
    for (const one of results) found.set(one.judgement.plan.index, digestOf(one));
  };
  await run.work(next, take);
  return found;
}

void test('two runs on the same threads at once each find what they find alone', async () => {
  const pool = new Pool(1);
  try {
    const [redlock, broken] = await Promise.all([search(pool, 'redlock'), search(pool, 'no-owner-delete')]);
    assert.equal(redlock.size, SCHEDULES);
    assert.deepEqual(redlock, await search(pool, 'redlock'));
    assert.deepEqual(broken, await search(pool, 'no-owner-delete'));
  } finally {
    await pool.stop();
  }
});

void test('after the first trouble of a run no more of its work is begun, and the threads serve others', async () => {
  const pool = new Pool(2);
  try {
    await using run = await pool.load(lockNamed('redlock').url, scenarioUrl('shared-counter'));
    let begun = 0;
    const next = (): Work => {
      begun += 1;
      return { type: 'search', space: { sizes: sizesFor('redlock'), hazards: ['none'], seed: 7 }, from: 0, count: 1 };
    };
    const take = async (): Promise<void> => {
      throw new Error('the disk is full');
    };
    await assert.rejects(run.work(next, take), /the disk is full/);
    assert.ok(begun <= 4, `${begun}`);
    assert.equal((await search(pool, 'redlock')).size, SCHEDULES);
  } finally {
    await pool.stop();
  }
});

void test('a lock that ends its thread is trouble of that run alone, and other runs have a thread again', async () => {
  const pool = new Pool(1);
  try {
    await using other = await pool.load(lockNamed('redis-basic').url, scenarioUrl('shared-counter'));
    await using dying = await pool.load(
      new URL('fixtures/dies.ts', import.meta.url).href,
      scenarioUrl('shared-counter'),
    );
    await assert.rejects(dying.simulate(mixedPlan('redis-basic', 0)), (error: Error) => {
      assert.ok(error instanceof InfrastructureError);
      assert.match(error.message, /a simulating thread ended/);
      return true;
    });
    assert.ok((await other.simulate(mixedPlan('redis-basic', 0))).judgement.increments > 0);
  } finally {
    await pool.stop();
  }
});
