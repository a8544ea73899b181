import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { median, medianEstimate, pairedEstimate, shiftEstimate } from '../../harness/base/statistics.ts';
import { Random } from '../../harness/base/random.ts';

void test('the interval of a median is made of order statistics', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  // Tables of the binomial: 1st and 6th of 6, 2nd and 9th of 10.
  assert.deepEqual(medianEstimate([6, 5, 4, 3, 2, 1]).interval, { low: 1, high: 6, confidence: 1 - 2 / 64 });
  const ten = medianEstimate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([ten.value, ten.interval?.low, ten.interval?.high], [5.5, 2, 9]);
  assert.ok(Math.abs((ten.interval?.confidence ?? 0) - 0.9785) < 1e-4);
  assert.deepEqual(medianEstimate([1, 2, 3, 4, 5]).interval, { low: 1, high: 5, confidence: 0.9375 });
  assert.deepEqual(medianEstimate([7]), { value: 7 });
});

void test('pairs: the signed-rank interval of the tables, and none where there are too few', () => {
  // n = 8: P(T ≤ 3) = 5/256, so the 4th Walsh average from either end bounds a 96.1 % interval.
  const differences = [1, 2, 4, 8, 16, 32, 64, 128];
  const averages = differences
    .flatMap((a, i) => differences.slice(i).map((b) => (a + b) / 2))
    .toSorted((a, b) => a - b);
  const { value, interval } = pairedEstimate(differences);
  assert.equal(value, median(averages));
  assert.deepEqual(interval, { low: averages[3], high: averages.at(-4), confidence: 1 - 10 / 256 });
  assert.equal(pairedEstimate([1, 2, 3, 4, 5]).interval, undefined);
  assert.equal(pairedEstimate([1, 2, 3, 4, 5], 0.9375).interval?.confidence, 0.9375);
});

void test('two groups: the rank-sum interval of the tables', () => {
  // m = n = 5: P(U ≤ 2) = 4/252, so the 3rd difference from either end bounds a 96.8 % interval.
  const first = [1, 2, 4, 8, 16];
  const second = [33, 65, 129, 257, 513];
  const differences = second.flatMap((b) => first.map((a) => b - a)).toSorted((a, b) => a - b);
  const { interval } = shiftEstimate(first, second);
  assert.deepEqual([interval?.low, interval?.high], [differences[2], differences.at(-3)]);
  assert.ok(Math.abs((interval?.confidence ?? 0) - (1 - 8 / 252)) < 1e-12);
  assert.equal(shiftEstimate([1, 2, 3], [4, 5, 6]).interval, undefined);
});

void describe('whatever the values', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 14 });

  void test('an estimate lies in its interval, which lies in the data', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        for (const { value, interval } of [medianEstimate(one), pairedEstimate(one), shiftEstimate(one, other)]) {
          if (interval === undefined) continue;
          assert.ok(interval.low <= value && value <= interval.high);
          assert.ok(interval.confidence <= 1);
        }
      }),
    );
  });

  void test('turning the data round turns the estimate round', () => {
    fc.assert(
      fc.property(values, (one) => {
        const [forth, back] = [pairedEstimate(one), pairedEstimate(one.map((value) => -value))];
        assert.equal(forth.value + 0, -back.value + 0);
        assert.equal((forth.interval?.low ?? 0) + 0, -(back.interval?.high ?? 0) + 0);
      }),
    );
  });
});

void test('the intervals cover as often as they say, for skewed noise too', () => {
  const random = new Random(20_261_121);
  // Exponential: its median is ln 2; differences of two are symmetric around 0.
  const exponential = (): number => -Math.log(1 - random.unit());
  const rounds = 4000;
  let [ofMedian, ofPairs, ofShift] = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const draw = (n: number): number[] => Array.from({ length: n }, exponential);
    const covers = (interval: { low: number; high: number } | undefined, truth: number): number =>
      interval !== undefined && interval.low <= truth && truth <= interval.high ? 1 : 0;
    ofMedian += covers(medianEstimate(draw(7)).interval, Math.LN2);
    const [a, b] = [draw(7), draw(7)];
    ofPairs += covers(pairedEstimate(a.map((value, index) => value - (b[index] ?? 0))).interval, 0);
    ofShift += covers(shiftEstimate(a, b).interval, 0);
  }
  for (const covered of [ofMedian, ofPairs, ofShift]) assert.ok(covered / rounds >= 0.945, String(covered / rounds));
});
