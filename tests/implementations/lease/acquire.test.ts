import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { driftMs } from '../../../implementations/lease/held-lease.ts';
import { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../../implementations/lease/options.ts';
import {
  InvalidKeyError,
  LockAbortedError,
  LockBackendError,
  LockOutcomeUnknownError,
  LockTimeoutError,
} from '../../../implementations/lock.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { VirtualClock, settle } from './virtual-time.ts';

const LEASE_MS = 600;
const COMMAND_MS = 150;

function engine(options: LeaseLockOptions = {}): { clock: VirtualClock; backend: ScriptedBackend; lock: LeaseLock } {
  const clock = new VirtualClock();
  const backend = new ScriptedBackend();
  const retry = { delayMs: 100, factor: 1, jitter: 0 };
  return { clock, backend, lock: new LeaseLock(backend, { leaseMs: LEASE_MS, clock, retry, ...options }) };
}

describe('one attempt', () => {
  it('counts its deadline from before the request was sent, less the allowance for drift', async () => {
    const { clock, backend, lock } = engine();
    const sentAt = clock.now();
    const granted = lock.tryAcquire('orders');
    const attempt = await backend.attempts.next();
    await clock.advance(100);
    attempt.answer({ kind: 'granted' });
    const lease = await granted;
    assert.equal(lease?.expiresAt, sentAt + LEASE_MS - driftMs(LEASE_MS));
    assert.equal(driftMs(LEASE_MS), 8);
  });

  it('whose grant arrives with no time left is undone and is no success', async () => {
    const { clock, backend, lock } = engine({ commandTimeoutMs: Infinity });
    const outcome = assert.rejects(lock.tryAcquire('orders'), { code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'unknown' });
    const attempt = await backend.attempts.next();
    clock.pause(LEASE_MS - driftMs(LEASE_MS));
    attempt.answer({ kind: 'granted' });
    await outcome;
    assert.equal((await backend.undos.next()).request.token, attempt.request.token);
  });

  it('answers null for busy and rejects for trouble, never one for the other', async () => {
    const { backend, lock } = engine();
    const busy = lock.tryAcquire('orders');
    (await backend.attempts.next()).answer({ kind: 'busy' });
    assert.equal(await busy, null);
    const trouble = assert.rejects(lock.tryAcquire('orders'), LockBackendError);
    (await backend.attempts.next()).fail(new LockBackendError('refused', 'definite'));
    await trouble;
    assert.equal(backend.undos.sent, 0, 'what certainly did not happen is not undone');
  });

  it('has a time limit well under the lease; its outcome is then unknown, and is undone', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.tryAcquire('orders'), LockOutcomeUnknownError);
    const attempt = await backend.attempts.next();
    await clock.advance(COMMAND_MS);
    await outcome;
    const undo = await backend.undos.next();
    assert.equal(undo.request.token, attempt.request.token);
    // The late grant changes nothing any more.
    attempt.answer({ kind: 'granted' });
    undo.answer();
    await lock.drained();
  });

  it('undoes a partial grant of several nodes', async () => {
    const { backend, lock } = engine();
    const busy = lock.tryAcquire('orders');
    (await backend.attempts.next()).answer({ kind: 'busy', partial: true });
    assert.equal(await busy, null);
    assert.equal(backend.undos.sent, 1);
  });

  it('is not made for an invalid key, nor for an aborted caller', async () => {
    const { backend, lock } = engine();
    for (const key of ['', 'a\nb', '\u0000', 'x'.repeat(5000), '\ud800', 'ä'.repeat(2049)]) {
      await assert.rejects(lock.acquire(key), InvalidKeyError);
    }
    await assert.rejects(lock.tryAcquire('orders', { signal: AbortSignal.abort() }), LockAbortedError);
    await assert.rejects(lock.acquire('orders', { leaseMs: 5 }), RangeError);
    await assert.rejects(lock.acquire('orders', { leaseMs: Number.NaN }), RangeError);
    await assert.rejects(lock.acquire('orders', { timeoutMs: -1 }), RangeError);
    assert.equal(backend.attempts.sent, 0);
  });
});

describe('acquire', () => {
  it('uses a fresh token for every attempt, so that undoing one cannot harm the next', async () => {
    const { clock, backend, lock } = engine();
    const granted = lock.acquire('orders');
    const first = await backend.attempts.next();
    await clock.advance(COMMAND_MS + 100);
    const second = await backend.attempts.next();
    assert.notEqual(second.request.token, first.request.token);
    second.answer({ kind: 'granted' });
    assert.equal((await granted).token, second.request.token);
    assert.equal((await backend.undos.next()).request.token, first.request.token);
  });

  it('that finds the lock busy until its time is up says so, definitely', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 250 }), (error) => {
      assert.ok(error instanceof LockTimeoutError);
      assert.equal(error.outcome, 'definite');
      return true;
    });
    for (let attempts = 0; attempts < 3; attempts += 1) {
      (await backend.attempts.next()).answer({ kind: 'busy' });
      await clock.advance(100);
    }
    await outcome;
    assert.equal(backend.attempts.sent, 3);
    assert.equal(clock.armed, 1, 'only the subscription lingers');
    await clock.advance(1000);
    assert.equal(clock.armed, 0);
  });

  it('goes on asking while the backend is in trouble, and rejects with that trouble in the end', async () => {
    const { clock, backend, lock } = engine();
    const trouble = new LockBackendError('not connected', 'definite');
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 250 }), (error) => error === trouble);
    for (let attempts = 0; attempts < 3; attempts += 1) {
      (await backend.attempts.next()).fail(trouble);
      await clock.advance(100);
    }
    await outcome;
  });

  it('never calls definite what an earlier attempt has left unknown', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 150 }), {
      code: 'LOCK_TIMEOUT',
      outcome: 'unknown',
    });
    (await backend.attempts.next()).fail(new Error('connection reset'));
    await clock.advance(100);
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await clock.advance(50);
    await outcome;
  });

  it('recovers from trouble within the caller’s time', async () => {
    const { clock, backend, lock } = engine();
    const granted = lock.acquire('orders');
    (await backend.attempts.next()).fail(new Error('connection reset'));
    await clock.advance(100);
    (await backend.attempts.next()).answer({ kind: 'granted' });
    assert.equal((await granted).key, 'orders');
  });

  it('rejects promptly when its time is up with a request under way, which is undone', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 50 }), {
      code: 'LOCK_TIMEOUT',
      outcome: 'unknown',
    });
    const attempt = await backend.attempts.next();
    await clock.advance(50);
    await outcome;
    assert.equal((await backend.undos.next()).request.token, attempt.request.token);
  });

  it('with no time at all makes one attempt', async () => {
    const { backend, lock } = engine();
    const outcome = assert.rejects(lock.acquire('orders', { timeoutMs: 0 }), LockTimeoutError);
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await outcome;
    const granted = lock.acquire('orders', { timeoutMs: 0 });
    (await backend.attempts.next()).answer({ kind: 'granted' });
    await granted;
  });

  it('gives up after the attempts that the retry strategy allows', async () => {
    const { clock, backend, lock } = engine({ retry: { delayMs: 10, maxAttempts: 2 } });
    const outcome = assert.rejects(lock.acquire('orders'), LockTimeoutError);
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await clock.advance(10);
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await outcome;
  });

  it('is aborted promptly with a request under way, which is undone, and leaves no listener', async () => {
    const { backend, lock } = engine();
    const caller = new AbortController();
    const outcome = assert.rejects(lock.acquire('orders', { signal: caller.signal }), (error) => {
      assert.ok(error instanceof LockAbortedError);
      assert.equal(error.cause, 'enough');
      assert.equal(error.outcome, 'unknown');
      return true;
    });
    const attempt = await backend.attempts.next();
    caller.abort('enough');
    await outcome;
    assert.equal((await backend.undos.next()).request.token, attempt.request.token);
    assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
  });

  it('is aborted promptly while it waits: nothing was taken, nothing is left', async () => {
    const { clock, backend, lock } = engine();
    const caller = new AbortController();
    const outcome = assert.rejects(lock.acquire('orders', { signal: caller.signal }), {
      code: 'LOCK_ABORTED',
      outcome: 'definite',
    });
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await settle();
    caller.abort();
    await outcome;
    assert.equal(backend.undos.sent, 0);
    assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
    await clock.advance(2000);
    assert.equal(clock.armed, 0);
  });

  it('leaves no listener on the signal of a caller who was granted the lock', async () => {
    const { backend, lock } = engine();
    const caller = new AbortController();
    const granted = lock.acquire('orders', { signal: caller.signal });
    (await backend.attempts.next()).answer({ kind: 'granted' });
    const lease = await granted;
    assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
    caller.abort();
    assert.equal(lease.signal.aborted, false, 'the signal of the wait is not that of the lease');
  });

  it('is rejected when the lock is closed', async () => {
    const { backend, lock } = engine();
    const outcome = assert.rejects(lock.acquire('orders'), LockBackendError);
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await settle();
    await lock.close();
    await outcome;
    await assert.rejects(lock.tryAcquire('orders'), LockBackendError);
  });
});

describe('undoing', () => {
  it('is repeated until it is confirmed', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.tryAcquire('orders'));
    (await backend.attempts.next()).fail(new Error('connection reset'));
    await outcome;
    (await backend.undos.next()).fail(new Error('still down'));
    await clock.advance(50 + COMMAND_MS + 100);
    assert.equal(backend.undos.sent, 3);
    (await backend.undos.next()).answer();
    (await backend.undos.next()).answer();
    await lock.drained();
    await clock.advance(LEASE_MS);
    assert.equal(backend.undos.sent, 3);
  });

  it('ends when the lease has run out by itself', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.tryAcquire('orders'));
    (await backend.attempts.next()).fail(new Error('connection reset'));
    await outcome;
    await clock.advance(2 * LEASE_MS);
    await lock.drained();
    assert.equal(clock.armed, 0);
    assert.ok(backend.undos.sent <= 4);
  });

  it('is not waited for longer than one command when the lock is closed', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(lock.tryAcquire('orders'));
    (await backend.attempts.next()).fail(new Error('connection reset'));
    await outcome;
    const closed = lock.close();
    await clock.advance(COMMAND_MS);
    await closed;
    assert.equal(backend.undos.sent, 1);
  });
});

describe('using', () => {
  it('releases afterwards, and the routine’s own error wins', async () => {
    const { backend, lock } = engine();
    const outcome = assert.rejects(
      lock.using('orders', {}, async () => {
        throw new Error('out of stock');
      }),
      /out of stock/,
    );
    (await backend.attempts.next()).answer({ kind: 'granted' });
    (await backend.releases.next()).answer('lost');
    await outcome;
  });
});
