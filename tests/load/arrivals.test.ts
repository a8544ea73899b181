import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planArrivals, type Arrivals } from '../../harness/subject/load/arrivals.ts';
import { keyDraw } from '../../harness/subject/load/keys.ts';
import { Random } from '../../harness/base/random.ts';

const request = (arrivals: Arrivals, seed = 1) => ({
  ...{ arrivals, perSecond: 1000, fromNs: 5e8, toNs: 10.5e9, keys: 3, keySkew: 0, workers: 4, seed },
});

test('the same seed plans the same arrivals, another seed others', () => {
  assert.deepEqual(planArrivals(request('poisson')), planArrivals(request('poisson')));
  assert.notDeepEqual(planArrivals(request('poisson')), planArrivals(request('poisson', 2)));
});

test('constant arrivals are evenly spaced over the workers together', () => {
  const all = planArrivals(request('constant'))
    .flat()
    .map(({ atNs }) => atNs)
    .toSorted((a, b) => a - b);
  assert.equal(all.length, 10_000);
  assert.ok(all.every((at, index) => Math.abs(at - 5e8 - index * 1e6) <= 1));
});

test('Poisson arrivals have the mean and the spread of exponential gaps', () => {
  const all = planArrivals(request('poisson'))
    .flat()
    .map(({ atNs }) => atNs)
    .toSorted((a, b) => a - b);
  const gaps = all.slice(1).map((at, index) => at - (all[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(mean - 1e6) < 0.04e6, `mean ${mean}`);
  assert.ok(Math.abs(deviation / mean - 1) < 0.05, `deviation ${deviation}`);
});

test('each worker has its own arrivals in order of time, within the run', () => {
  for (const own of planArrivals(request('poisson'))) {
    assert.ok(own.every(({ atNs }, index) => atNs >= (own[index - 1]?.atNs ?? 5e8) && atNs < 10.5e9));
  }
});

test('keys are drawn by the law of Zipf', () => {
  const draw = keyDraw(4, 1, new Random(3));
  const counts = [0, 0, 0, 0];
  for (let drawn = 0; drawn < 50_000; drawn += 1) {
    const key = draw();
    counts[key] = (counts[key] ?? 0) + 1;
  }
  const shares = counts.map((count) => count / 50_000);
  const expected = [12, 6, 4, 3].map((weight) => weight / 25);
  assert.ok(
    shares.every((share, index) => Math.abs(share - (expected[index] ?? 0)) < 0.01),
    shares.join(' '),
  );
});
