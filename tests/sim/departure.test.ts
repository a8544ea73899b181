/** What a lock leaves running, or lying about, when it is closed is its mistake, and the simulation sees it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { askModule, mixedPlan } from './simulated.ts';

/** The processes of one run in four go on to their end. */
const TIMINGS = [0, 1, 2, 3];

async function run(fixture: string, cycles: number): Promise<void> {
  const plans = TIMINGS.map((timing) => ({ ...mixedPlan('redis-basic', 0, ['none']), cycles, timing }));
  await askModule(new URL(`fixtures/${fixture}`, import.meta.url).href, { type: 'plans', plans, whole: false });
}

void it('a lock whose timer goes on after it was closed is refused, with the timer', async () => {
  await assert.rejects(run('restless-lock.ts', 1), /does not end.* a timer of 500 ms runs/);
});

void it('a lock that leaves a name on the server with each acquisition is refused, with some of the names', async () => {
  await assert.rejects(run('littering-lock.ts', 5), /leaves too much behind.* names .*litter:/);
});
