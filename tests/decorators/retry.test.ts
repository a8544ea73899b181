import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RetryLock, type RetryOptions } from '../../implementations/decorators/retry/index.ts';
import { InvalidKeyError, LockBackendError, LockOutcomeUnknownError } from '../../implementations/lock.ts';
import { VirtualClock } from '../implementations/lease/virtual-time.ts';
import { InnerLock } from './inner-lock.ts';

const always = (answer: Error | 'busy', times = 1000): (Error | 'busy')[] =>
  Array.from({ length: times }, () => answer);
const trouble = new LockBackendError('down', 'definite');

/** When it was tried, in milliseconds since the call, and what came of it. */
async function tried(inner: InnerLock, options: RetryOptions): Promise<{ at: number[]; end: unknown }> {
  const clock = new VirtualClock();
  const startedAt = clock.now();
  const at: number[] = [];
  const ask = inner.tryAcquire.bind(inner);
  inner.tryAcquire = (key, asked) => {
    at.push(clock.now() - startedAt);
    return ask(key, asked);
  };
  const lock = new RetryLock(inner, { random: () => 1, ...options, clock });
  const end = lock.acquire('a').catch((error: unknown) => error);
  await clock.advance(20_000);
  return { at, end: await end };
}

describe('retry', () => {
  it('asks in the rhythm of its preset, or of its own', async () => {
    const rhythm = async (options: RetryOptions): Promise<number[]> =>
      (await tried(new InnerLock(...always('busy', 5)), options)).at;
    assert.deepEqual(await rhythm({ preset: 'fixed' }), [0, 100, 200, 300, 400, 500]);
    assert.deepEqual(await rhythm({ preset: 'backoff', jitter: 0 }), [0, 100, 300, 700, 1500, 2500]);
    assert.deepEqual(await rhythm({ preset: 'redlock' }), [0, 190, 380, 570, 760, 950]);
    assert.deepEqual(await rhythm({ delayMs: 10, factor: 3, maxDelayMs: 50, jitter: 0.5 }), [0, 5, 20, 45, 70, 95]);
  });

  it('gives up after so many tries, and after so long', async () => {
    const brief = await tried(new InnerLock(...always('busy')), { preset: 'brief' });
    assert.equal((brief.end as Error).name, 'LockTimeoutError');
    assert.deepEqual(brief.at, [0, 100, 200, 300]);
    const late = await tried(new InnerLock(...always('busy')), { preset: 'fixed', timeoutMs: 250 });
    assert.equal((late.end as Error).name, 'LockTimeoutError');
    assert.deepEqual(late.at, [0, 100, 200, 250]);
  });

  it('asks on through trouble, and tells of it where the last try met some', async () => {
    const { at } = await tried(new InnerLock(trouble, 'busy', trouble), { preset: 'fixed' });
    assert.equal(at.length, 4);
    const { end } = await tried(new InnerLock('busy', trouble), { preset: 'fixed', maxAttempts: 2 });
    assert.equal(end, trouble);
  });

  it('leaves the outcome unknown when it was that of any try', async () => {
    const inner = new InnerLock(new LockOutcomeUnknownError('?'), 'busy');
    const { end } = await tried(inner, { preset: 'fixed', maxAttempts: 2 });
    assert.equal((end as LockBackendError).outcome, 'unknown');
  });

  it('asks no second time for what no second try could mend', async () => {
    const wrong = new InvalidKeyError('no');
    const { at, end } = await tried(new InnerLock(wrong), {});
    assert.deepEqual([at, end], [[0], wrong]);
  });

  it('ends with the signal of its caller, also between two tries', async () => {
    const clock = new VirtualClock();
    const inner = new InnerLock(...always('busy'));
    const ending = new AbortController();
    const lock = new RetryLock(inner, { preset: 'fixed', clock });
    const end = assert.rejects(lock.acquire('a', { signal: ending.signal }), { code: 'LOCK_ABORTED' });
    await clock.advance(50);
    ending.abort();
    await end;
    assert.equal(inner.asked.length, 1);
  });

  it('refuses a rhythm that is none', () => {
    for (const wrong of [{ jitter: 2 }, { factor: 0.5 }, { delayMs: -1 }, { maxAttempts: 0 }])
      assert.throws(() => new RetryLock(new InnerLock(), wrong), RangeError);
  });
});
