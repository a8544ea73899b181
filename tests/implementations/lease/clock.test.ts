import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sleep, systemClock } from '../../../implementations/lease/clock.ts';

void test('a moment that has just passed is waited for without a warning', async () => {
  const over = new AbortController();
  const warned = once(process, 'warning', { signal: over.signal }).then(
    ([warning]: unknown[]) => String(warning),
    () => undefined,
  );
  await sleep(systemClock, -0.003);
  await turn();
  over.abort();
  assert.equal(await warned, undefined);
});
