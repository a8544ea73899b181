/** What a lock leaves running, or lying about, when it is closed is its mistake, and the simulation sees it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { askModule, mixedPlan } from './simulated.ts';

/** The processes of one run in four go on to their end. */
const TIMINGS = [0, 1, 2, 3];

async function breachesOf(fixture: string, cycles: number): Promise<string[]> {
  const plans = TIMINGS.map((timing) => ({ ...mixedPlan('redis-basic', 0, ['none']), cycles, timing }));
  const url = new URL(`fixtures/${fixture}`, import.meta.url).href;
  const results = await askModule(url, { type: 'plans', plans, whole: false });
  return results.flatMap(({ judgement }) => judgement.breaches.map(({ kind, message }) => `${kind}: ${message}`));
}

void it('a lock whose timer goes on after it was closed runs on, by that timer', async () => {
  const breaches = await breachesOf('restless-lock.ts', 1);
  assert.match(breaches.join('\n'), /^runs-on: does not end.* a timer of 500 ms runs/m);
});

void it('a lock that leaves a name on the server with each acquisition runs on, by those names', async () => {
  const breaches = await breachesOf('littering-lock.ts', 5);
  assert.match(breaches.join('\n'), /^runs-on: leaves too much behind.* names .*litter:/m);
});
