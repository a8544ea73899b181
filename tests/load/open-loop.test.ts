import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planArrivals, type Arrival, type Arrivals } from '../../harness/subject/load/arrivals.ts';
import { newHistogram, percentileMs, recordNs } from '../../harness/base/histogram.ts';
import { runOpenLoop } from '../../harness/subject/load/open-loop.ts';
import { VirtualClock } from '../implementations/lease/virtual-time.ts';

const MS = 1e6;
/** A lock that hands out 500 leases a second. */
const SERVICE_MS = 2;
const STALL = { fromMs: 2500, toMs: 3000 };
const RUN_MS = 5000;

/** One that is granted in the order in which it is asked for, each lease lasting as long, and that stands still once. */
class ScriptedLock {
  readonly #clock: VirtualClock;
  #freeAt = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async cycle(onGrant: (at: number) => void): Promise<void> {
    const grant = afterStall(Math.max(this.#clock.now(), this.#freeAt));
    this.#freeAt = afterStall(grant + SERVICE_MS);
    const released = this.#freeAt;
    await this.#until(grant);
    onGrant(grant);
    await this.#until(released);
  }

  async #until(at: number): Promise<void> {
    if (at <= this.#clock.now()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#clock.setTimer(() => resolve(), at - this.#clock.now());
    await promise;
  }
}

const afterStall = (atMs: number): number => (atMs >= STALL.fromMs && atMs < STALL.toMs ? STALL.toMs : atMs);

/** The waits that the same arrivals have by the definition of a queue: by hand, without any of the code under test. */
function waitsByHand(arrivals: readonly Arrival[], beganMs: number): number[] {
  let free = 0;
  return arrivals.map(({ atNs }) => {
    const asked = atNs / MS;
    let granted = Math.max(asked + beganMs, free);
    if (granted >= STALL.fromMs && granted < STALL.toMs) granted = STALL.toMs;
    free = granted + SERVICE_MS;
    if (free >= STALL.fromMs && free < STALL.toMs) free = STALL.toMs;
    return granted - asked - beganMs;
  });
}

function percentileByHand(values: readonly number[], percentile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? 0;
}

async function play(arrivals: readonly Arrival[], slots: number, clock: VirtualClock) {
  const began = clock.now();
  const lock = new ScriptedLock(clock);
  const waits = newHistogram();
  const dropped: Arrival[] = [];
  let underWay = 0;
  let most = 0;
  const server = {
    serve: async (_key: number, intendedNs: number): Promise<void> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await lock.cycle((grantMs) => recordNs(waits, (grantMs - began) * MS - intendedNs));
      underWay -= 1;
    },
  };
  const loop = runOpenLoop({
    arrivals,
    servers: Array.from({ length: slots }, () => server),
    nowNs: () => (clock.now() - began) * MS,
    until: (atNs) => {
      const leftMs = began + atNs / MS - clock.now();
      if (leftMs <= 0) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.setTimer(() => resolve(), leftMs);
      return promise;
    },
    over: () => false,
    onDropped: (arrival) => dropped.push(arrival),
    onBegun: () => undefined,
  });
  await clock.advance(RUN_MS * 2);
  await loop;
  return { waits, dropped, most, began };
}

const plan = (arrivals: Arrivals, perSecond: number): Arrival[] => {
  const spread = { fromNs: 0, toNs: RUN_MS * MS, keys: 1, keySkew: 0, workers: 1, seed: 7 };
  return planArrivals({ arrivals, perSecond, ...spread })[0] ?? [];
};

for (const arrivals of ['constant', 'poisson'] as const) {
  test(`at 80 % of the capacity (${arrivals}) a stall of 500 ms stands in the p99, to within 5 %`, async () => {
    const clock = new VirtualClock();
    const asked = plan(arrivals, (0.8 * 1000) / SERVICE_MS);
    const { waits, dropped, began } = await play(asked, 1000, clock);
    assert.equal(dropped.length, 0);
    assert.equal(waits.totalCount, asked.length);
    const byHand = waitsByHand(asked, began);
    for (const percentile of [50, 90, 99, 100]) {
      const expected = percentileByHand(byHand, percentile);
      const measured = percentileMs(waits, percentile);
      assert.ok(Math.abs(measured - expected) <= expected * 0.05 + 0.01, `p${percentile}: ${measured}, ${expected}`);
    }
    const p99 = percentileMs(waits, 99);
    assert.ok(p99 > 400 && p99 < 560, `most of the stall is seen: ${p99}`);
  });
}

test('what cannot be begun is dropped and counted, and no more is under way than allowed', async () => {
  const asked = plan('constant', 400);
  const { waits, dropped, most } = await play(asked, 20, new VirtualClock());
  assert.equal(most, 20);
  assert.ok(dropped.length > 100, 'the stall fills the slots');
  assert.equal(waits.totalCount + dropped.length, asked.length);
});

test('a request that fails ends the loop with its error', async () => {
  const failing = runOpenLoop({
    arrivals: [{ atNs: 0, key: 0 }],
    servers: [{ serve: () => Promise.reject(new Error('the lock departs from the contract')) }],
    ...{ nowNs: () => 0, until: () => undefined, over: () => false },
    ...{ onDropped: () => undefined, onBegun: () => undefined },
  });
  await assert.rejects(failing, /departs/);
});
