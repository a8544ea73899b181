import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Batches } from '../../harness/sim/search/batches.ts';

/** After ten schedules that took a thread so long each. */
function after(eachMs: number): Batches {
  let now = 0;
  const batches = new Batches(50, () => now);
  now = (eachMs * 10) / availableParallelism();
  batches.took(10);
  return batches;
}

test('a search begins no schedule that would not end in time', () => {
  const slow = after(2000);
  assert.equal(slow.next(10_000), 1);
  assert.equal(slow.next(1999), 0);
  assert.equal(after(1).next(0), 0);
});

test('near its end a search gives out no more than there is time for', () => {
  const quick = after(10);
  assert.equal(quick.next(Infinity), 50);
  assert.equal(quick.next(100), 10);
  assert.equal(quick.next(15), 1);
});

test('a search that knows nothing yet tries one', () => {
  assert.equal(new Batches(50).next(5), 1);
});
