import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AdaptiveTimeoutLock } from '../../implementations/decorators/adaptive-timeout/index.ts';
import { RecentWaits } from '../../implementations/decorators/adaptive-timeout/recent-waits.ts';
import { LockBackendError, LockTimeoutError } from '../../implementations/lock.ts';
import { VirtualClock } from '../implementations/lease/virtual-time.ts';
import { InnerLock } from './inner-lock.ts';

/** A lock that makes everybody wait for so long. */
class SlowLock extends InnerLock {
  readonly clock = new VirtualClock();
  waitMs = 0;

  override async acquire(...call: Parameters<InnerLock['acquire']>): ReturnType<InnerLock['acquire']> {
    this.clock.pause(this.waitMs);
    return super.acquire(...call);
  }
}

const timeouts = (inner: InnerLock): unknown[] => inner.asked.map(({ options }) => options.timeoutMs);

async function waited(lock: AdaptiveTimeoutLock, inner: SlowLock, ms: number, times: number, key = 'a'): Promise<void> {
  inner.waitMs = ms;
  for (let count = 0; count < times; count += 1) await lock.using(key, {}, async () => undefined);
}

describe('an adaptive timeout', () => {
  it('is the longest until there is something to learn from, then a multiple of what waits take', async () => {
    const inner = new SlowLock();
    const lock = new AdaptiveTimeoutLock(inner, { clock: inner.clock });
    await waited(lock, inner, 3000, 21);
    assert.deepEqual(timeouts(inner), [...Array.from({ length: 20 }, () => 30_000), 6000]);
  });

  it('stays within its bounds', async () => {
    const inner = new SlowLock();
    const lock = new AdaptiveTimeoutLock(inner, { clock: inner.clock });
    await waited(lock, inner, 1, 256);
    assert.equal(lock.timeoutMs('a'), 1000);
    await waited(lock, inner, 20_000, 256);
    assert.equal(lock.timeoutMs('a'), 30_000);
  });

  it('grows when it was too short, for waits in vain count', async () => {
    const inner = new SlowLock();
    const lock = new AdaptiveTimeoutLock(inner, { clock: inner.clock });
    await waited(lock, inner, 1, 20);
    inner.waitMs = 1000;
    inner.script.push(new LockTimeoutError('', 'definite'));
    await assert.rejects(lock.acquire('a'), LockTimeoutError);
    assert.equal(lock.timeoutMs('a'), 2000);
  });

  it('learns nothing from trouble of the backend', async () => {
    const inner = new SlowLock();
    const lock = new AdaptiveTimeoutLock(inner, { clock: inner.clock });
    await waited(lock, inner, 1, 20);
    inner.waitMs = 9000;
    inner.script.push(new LockBackendError('', 'definite'));
    await assert.rejects(lock.acquire('a'), LockBackendError);
    assert.equal(lock.timeoutMs('a'), 1000);
  });

  it('is not for calls that say how long they wait', async () => {
    const inner = new SlowLock();
    const lock = new AdaptiveTimeoutLock(inner, { clock: inner.clock });
    for (const timeoutMs of [0, 5, Infinity]) await lock.using('a', { timeoutMs }, async () => undefined);
    assert.deepEqual(timeouts(inner), [0, 5, Infinity]);
  });

  it('is learnt for each group of keys by itself', async () => {
    const inner = new SlowLock();
    const groupOf = (key: string): string => key.split(':')[0] ?? '';
    const lock = new AdaptiveTimeoutLock(inner, { clock: inner.clock, groupOf });
    await waited(lock, inner, 4000, 20, 'slow:1');
    await waited(lock, inner, 1, 20, 'quick:1');
    assert.deepEqual(
      [lock.timeoutMs('slow:2'), lock.timeoutMs('quick:2'), lock.timeoutMs('new:1')],
      [8000, 1000, 30_000],
    );
  });

  it('refuses numbers that are none', () => {
    for (const wrong of [
      { quantile: 0 },
      { quantile: 2 },
      { margin: 0.5 },
      { leastMs: 2, mostMs: 1 },
      { leastMs: NaN },
    ])
      assert.throws(() => new AdaptiveTimeoutLock(new InnerLock(), wrong), RangeError);
  });

  it('remembers the last waits only', () => {
    const waits = new RecentWaits();
    for (let ms = 1; ms <= 300; ms += 1) waits.add(ms);
    assert.deepEqual([waits.count, waits.quantile(1), waits.quantile(0.5), waits.quantile(1e-9)], [256, 300, 172, 45]);
  });
});
