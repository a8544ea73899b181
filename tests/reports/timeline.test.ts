import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { endOf, faultRows, lanesOf, overlapsOf, type Holding } from '../../reports/html/lanes.ts';
import { roundTicks } from '../../reports/html/ticks.ts';
import { pauseWitness } from './pause-witness.ts';

const { timeline } = pauseWitness;
assert.ok(timeline !== undefined);

test('a lane for each worker, in the order of their numbers', () => {
  const holdings = ['worker-10', 'worker-9', 'worker-1'].flatMap((worker) =>
    timeline.holdings.slice(0, 1).map((holding) => ({ ...holding, worker })),
  );
  assert.deepEqual(
    lanesOf({ ...timeline, holdings, uses: [] }).map(({ worker }) => worker),
    ['worker-1', 'worker-9', 'worker-10'],
  );
});

test('leases that overlap in one worker get rows of their own, and none is left out', () => {
  const [sample] = timeline.holdings;
  assert.ok(sample !== undefined);
  const spans = fc.array(fc.tuple(fc.nat(100), fc.nat(30), fc.nat(30)), { maxLength: 30 });
  fc.assert(
    fc.property(spans, (drawn) => {
      const holdings = drawn.map(([from, wait, hold], index): Holding => ({
        ...sample,
        lease: `k${index}`,
        requestedMs: from,
        grantedMs: from + wait,
        endedMs: from + wait + hold,
        releasedMs: undefined,
      }));
      const rows = lanesOf({ ...timeline, holdings, uses: [] }).flatMap((lane) => lane.rows);
      assert.equal(rows.flat().length, holdings.length);
      for (const row of rows) {
        row.forEach((holding, index) => {
          const next = row[index + 1];
          if (next !== undefined) assert.ok(endOf(holding) <= next.requestedMs);
        });
      }
    }),
  );
});

test('the stretch that was held twice is that of the proof, where its leases really overlap', () => {
  assert.deepEqual(overlapsOf(timeline), [{ fromMs: 1204, toMs: 1489 }]);
  const touching = timeline.holdings.map((holding) =>
    holding.lease === 'k3' ? { ...holding, endedMs: 1204 } : holding,
  );
  assert.deepEqual(overlapsOf({ ...timeline, holdings: touching }), []);
});

test('fault windows that overlap are drawn one below the other', () => {
  assert.deepEqual(
    faultRows(timeline.faults, ({ fromMs, toMs }) => ({ from: fromMs, to: toMs })).map((row) =>
      row.map(({ id }) => id),
    ),
    [['f3', 'f4'], ['f5']],
  );
});

test('ticks are round, inside, and not too many', () => {
  assert.deepEqual(roundTicks(400, 2000, 8), [400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000]);
  assert.deepEqual(roundTicks(5, 5, 8), [5]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (from, span) => {
      const ticks = roundTicks(from, from + span, 8);
      assert.ok(ticks.length >= 2 && ticks.length <= 9);
      assert.ok(ticks.every((tick) => tick >= from && tick <= from + span));
    }),
  );
});
