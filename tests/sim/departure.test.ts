/** What a lock leaves running when it is closed is its mistake, and the simulation sees it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { askModule, mixedPlan } from './simulated.ts';

void it('a lock whose timer goes on after it was closed is refused, with the timer', async () => {
  // The processes of one run in four go on to their end.
  const plans = [0, 1, 2, 3].map((timing) => ({ ...mixedPlan('redis-basic', 0, ['none']), cycles: 1, timing }));
  const refused = askModule(new URL('fixtures/restless-lock.ts', import.meta.url).href, {
    type: 'plans',
    plans,
    whole: false,
  });
  await assert.rejects(refused, /does not end.* a timer of 500 ms runs/);
});
