import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import { retryDelayMs } from '../../../implementations/lease/retry.ts';
import { LockBackendError } from '../../../implementations/lock.ts';
import type { AcquireOptions } from '../../../implementations/lock.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { VirtualClock, settle } from './virtual-time.ts';

const POLL_MS = 1000;

/** Waiters note here what becomes of them, by name. */
class Bench {
  readonly clock = new VirtualClock();
  readonly backend = new ScriptedBackend();
  readonly lock = new LeaseLock(this.backend, {
    leaseMs: 10_000,
    timeoutMs: 60_000,
    clock: this.clock,
    retry: { delayMs: POLL_MS, factor: 1, jitter: 0 },
  });
  readonly outcomes: string[] = [];

  /** Asks for the lock under a name. */
  ask(name: string, options: AcquireOptions = {}): void {
    this.lock.acquire('orders', options).then(
      () => this.outcomes.push(`${name} granted`),
      () => this.outcomes.push(`${name} gave up`),
    );
  }

  /** The same, and is told "busy": it then sleeps. */
  async wait(name: string, options: AcquireOptions = {}, retryAfterMs?: number): Promise<void> {
    this.ask(name, options);
    await this.answerBusy(retryAfterMs);
  }

  async answerBusy(retryAfterMs?: number): Promise<void> {
    const attempt = await this.backend.attempts.next();
    attempt.answer(retryAfterMs === undefined ? { kind: 'busy' } : { kind: 'busy', retryAfterMs });
    await settle();
  }

  async answerGranted(): Promise<void> {
    (await this.backend.attempts.next()).answer({ kind: 'granted' });
    await settle();
  }
}

describe('waiting', () => {
  it('subscribes only once the lock was busy, and asks again when the subscription has taken effect', async () => {
    const bench = new Bench();
    bench.ask('A');
    assert.equal(bench.backend.hints.length, 0);
    await bench.answerBusy();
    assert.equal(bench.backend.hints.length, 1);
    assert.equal(bench.backend.attempts.sent, 1);
    bench.backend.hint();
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['A granted']);
  });

  it('gives a hint to each waiter once while all are in trouble, and then waits for the next poll', async () => {
    const bench = new Bench();
    for (const name of ['A', 'B', 'C']) await bench.wait(name);
    bench.backend.hint();
    const refused = new LockBackendError('no connection', 'definite');
    for (let turn = 0; turn < 3; turn += 1) (await bench.backend.attempts.next()).fail(refused);
    await settle();
    assert.equal(bench.backend.attempts.sent, 6, 'nobody asks again before time has passed');
    await bench.clock.advance(POLL_MS);
    assert.equal(bench.backend.attempts.sent, 9);
  });

  it('ends when the holder’s lease runs out, if that is sooner than the poll', async () => {
    const bench = new Bench();
    await bench.wait('A', {}, 300);
    await bench.clock.advance(300);
    assert.equal(bench.backend.attempts.sent, 1);
    await bench.clock.advance(1);
    assert.equal(bench.backend.attempts.sent, 2);
  });

  it('ends with the poll where no wake-up comes', async () => {
    const bench = new Bench();
    await bench.wait('A', {}, 9000);
    await bench.clock.advance(POLL_MS);
    assert.equal(bench.backend.attempts.sent, 2);
  });

  it('wakes one waiter by one hint, in the order of their coming', async () => {
    const bench = new Bench();
    for (const name of ['A', 'B', 'C']) await bench.wait(name);
    assert.equal(bench.backend.hints.length, 1, 'they share one subscription');
    bench.backend.hint();
    await bench.answerGranted();
    assert.equal(bench.backend.attempts.sent, 4);
    bench.backend.hint();
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['A granted', 'B granted']);
  });

  it('keeps the place of a waiter that was woken in vain', async () => {
    const bench = new Bench();
    await bench.wait('A');
    await bench.wait('B');
    bench.backend.hint();
    await bench.answerBusy();
    bench.backend.hint();
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['A granted']);
  });

  it('passes the hint on when the waiter that was woken has gone', async () => {
    const bench = new Bench();
    const caller = new AbortController();
    await bench.wait('A', { signal: caller.signal });
    await bench.wait('B');
    bench.backend.hint();
    const abandoned = await bench.backend.attempts.next();
    caller.abort();
    await settle();
    abandoned.answer({ kind: 'busy' });
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['A gave up', 'B granted']);
  });

  it('passes the hint on when the waiter that was woken met with trouble', async () => {
    const bench = new Bench();
    await bench.wait('A');
    await bench.wait('B');
    bench.backend.hint();
    (await bench.backend.attempts.next()).fail(new Error('connection reset'));
    await settle();
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['B granted']);
  });

  it('does not miss a hint that comes while a request is under way', async () => {
    const bench = new Bench();
    await bench.wait('A');
    bench.backend.hint();
    const underWay = await bench.backend.attempts.next();
    bench.backend.hint();
    underWay.answer({ kind: 'busy' });
    await settle();
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['A granted']);
  });

  it('lets the next shared waiter in when one is let in', async () => {
    const bench = new Bench();
    await bench.wait('A', { mode: 'shared' });
    await bench.wait('B', { mode: 'shared' });
    bench.backend.hint();
    await bench.answerGranted();
    await bench.answerGranted();
    assert.deepEqual(bench.outcomes, ['A granted', 'B granted']);
  });

  it('keeps its subscription for a moment, so that a contended key is not subscribed for every wait', async () => {
    const bench = new Bench();
    await bench.wait('A');
    bench.backend.hint();
    await bench.answerGranted();
    await bench.clock.advance(500);
    assert.equal(bench.backend.hints.length, 1);
    await bench.wait('B');
    assert.equal(bench.backend.attempts.sent, 3, 'nothing was missed, so there is no reason to ask twice');
    bench.backend.hint();
    await bench.answerGranted();
    await bench.clock.advance(1000);
    assert.equal(bench.backend.hints.length, 0);
  });

  it('ends its subscriptions when the lock is closed', async () => {
    const bench = new Bench();
    await bench.wait('A');
    await bench.lock.close();
    await settle();
    assert.equal(bench.backend.hints.length, 0);
    assert.deepEqual(bench.outcomes, ['A gave up']);
    await bench.clock.advance(2000);
    assert.equal(bench.clock.armed, 0);
  });
});

describe('retry strategy', () => {
  const strategy = { delayMs: 100, factor: 2, maxDelayMs: 500, jitter: 0.5, maxAttempts: Infinity };

  it('grows to its maximum', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((attempts) => retryDelayMs(strategy, attempts, 0)),
      [100, 200, 400, 500, 500],
    );
  });

  it('leaves only the share of jitter to chance', () => {
    assert.equal(retryDelayMs(strategy, 1, 0.5), 75);
    assert.equal(retryDelayMs({ ...strategy, jitter: 0 }, 1, 0.9), 100);
  });
});
