/** Threads that simulate: what becomes of their trouble. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { scenarioUrl } from '../../harness/run/scenarios.ts';
import { InfrastructureError } from '../../harness/base/errors.ts';
import type { Simulated } from '../../harness/sim/search/messages.ts';
import { Pool } from '../../harness/sim/search/pool.ts';
import { lockNamed, mixedPlan } from './simulated.ts';

async function runOn(pool: Pool, url: string): Promise<readonly Simulated[]> {
  await pool.load(url, scenarioUrl('shared-counter'));
  const work = [{ type: 'plans', plans: [mixedPlan('redis-basic', 0)], whole: true } as const];
  const done: Simulated[] = [];
  await pool.work(
    () => work.pop(),
    async (results) => void done.push(...results),
  );
  return done;
}

it('a lock that ends its thread is trouble of that run, and the next run has a thread again', async () => {
  const pool = new Pool(1);
  try {
    const dies = new URL('fixtures/dies.ts', import.meta.url).href;
    await assert.rejects(runOn(pool, dies), (error: Error) => {
      assert.ok(error instanceof InfrastructureError);
      assert.match(error.message, /a simulating thread ended/);
      return true;
    });
    assert.equal((await runOn(pool, lockNamed('redis-basic').url)).length, 1);
  } finally {
    await pool.stop();
  }
});
