import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atShares, isSaturated, searchCapacity, type Offer } from '../../harness/load/saturation.ts';

const latency = (p99: number) => ({ p50: p99 / 4, p90: p99 / 2, p99, max: p99 * 2 });

/** A lock that does so many cycles a second and no more. */
const lockOf =
  (capacity: number, offered: number[] = []): Offer =>
  async (perSecond) => {
    offered.push(perSecond);
    const kept = perSecond <= capacity;
    return { throughput: Math.min(perSecond, capacity), acquire: latency(kept ? 2 : 200), kept };
  };

for (const [first, capacity] of [
  [1000, 1000],
  [400, 1000],
  [9000, 1000],
  [1000, 7],
] as const) {
  test(`a capacity of ${capacity}/s is found from a guess of ${first}/s, to within 6 %`, async () => {
    const { capacity: found, steps } = await searchCapacity(first, lockOf(capacity));
    assert.ok(found <= capacity && found > capacity / 1.06, `${found}`);
    assert.ok(steps.length <= 12);
  });
}

test('a stretch that fell just short is tried once more, for it may have been the machine', async () => {
  let stalls = 1;
  const lock = lockOf(1000);
  const { capacity } = await searchCapacity(1000, async (perSecond) => {
    const seen = await lock(perSecond);
    return stalls-- > 0 ? { ...seen, throughput: seen.throughput * 0.9, kept: false } : seen;
  });
  assert.ok(capacity > 940, `${capacity}`);
});

test('a lock that does nothing has no capacity, and the search ends', async () => {
  const { capacity } = await searchCapacity(50, async () => ({ throughput: 0, acquire: latency(0), kept: false }));
  assert.equal(capacity, 0);
  assert.deepEqual(await atShares(0, lockOf(0)), []);
});

test('latencies are measured at 50, 80 and 95 % of the capacity', async () => {
  const offered: number[] = [];
  await atShares(1000, lockOf(1000, offered));
  assert.deepEqual(offered, [500, 800, 950]);
});

const load = (arrivals: number, dropped: number, cycles: number) => ({
  offered: { perSecond: arrivals, arrivals, dropped, inFlightLimit: 10 },
  rounds: [{ index: 0, atMs: 0, durationMs: 1000, cycles, throughput: cycles, acquire: latency(1), errors: 0 }],
});

test('saturated is what dropped arrivals or fell behind them; a closed loop offers what is taken', () => {
  assert.equal(isSaturated(load(1000, 0, 995)), false);
  assert.equal(isSaturated(load(1000, 0, 900)), true);
  assert.equal(isSaturated(load(1000, 20, 980)), true);
  assert.equal(isSaturated({ rounds: load(0, 0, 10).rounds }), false);
});
