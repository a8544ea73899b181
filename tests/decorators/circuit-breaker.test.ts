import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CircuitBreakerLock } from '../../implementations/decorators/circuit-breaker/index.ts';
import {
  InvalidKeyError,
  LockBackendError,
  LockOutcomeUnknownError,
  LockTimeoutError,
} from '../../implementations/lock.ts';
import { VirtualClock } from '../implementations/lease/virtual-time.ts';
import { InnerLock } from './inner-lock.ts';

const down = new LockBackendError('down', 'definite');
const silent = new LockOutcomeUnknownError('no answer');

interface Stage {
  readonly inner: InnerLock;
  readonly clock: VirtualClock;
  readonly lock: CircuitBreakerLock;
}

function stage(...script: (Error | 'busy')[]): Stage {
  const inner = new InnerLock(...script);
  const clock = new VirtualClock();
  return { inner, clock, lock: new CircuitBreakerLock(inner, { failures: 2, openMs: 1000, clock }) };
}

async function opened(...then: (Error | 'busy')[]): Promise<Stage> {
  const made = stage(down, silent, ...then);
  for (const error of [down, silent]) await assert.rejects(made.lock.tryAcquire('a'), error);
  assert.equal(made.lock.circuit, 'open');
  return made;
}

describe('a circuit breaker', () => {
  it('opens on troubles in a row, of whatever keys, and says that nothing was taken', async () => {
    const { lock, inner } = stage(down, silent);
    await assert.rejects(lock.acquire('a'), down);
    assert.equal(lock.circuit, 'closed');
    await assert.rejects(lock.tryAcquire('b'), silent);
    assert.equal(lock.circuit, 'open');
    for (const ask of [() => lock.acquire('c'), () => lock.tryAcquire('c')])
      await assert.rejects(ask, { code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'definite', cause: silent });
    assert.equal(inner.asked.length, 2);
  });

  it('never opens on busy, on a wait in vain, or on a mistake of the caller', async () => {
    const { lock } = stage(
      'busy',
      'busy',
      'busy',
      ...Array.from({ length: 3 }, () => new LockTimeoutError('', 'definite')),
    );
    for (let count = 0; count < 3; count += 1) assert.equal(await lock.tryAcquire('a'), null);
    for (let count = 0; count < 3; count += 1) await assert.rejects(lock.acquire('a'), { code: 'LOCK_TIMEOUT' });
    assert.equal(lock.circuit, 'closed');
    const wrong = stage(...Array.from({ length: 3 }, () => new InvalidKeyError('')));
    for (let count = 0; count < 3; count += 1) await assert.rejects(wrong.lock.acquire('a'), InvalidKeyError);
    assert.equal(wrong.lock.circuit, 'closed');
  });

  it('counts from the start again when the backend has answered, be it that somebody else waited in vain', async () => {
    const inVain = new LockTimeoutError('', 'definite');
    const { lock } = stage(down, 'busy', down, inVain, down);
    await assert.rejects(lock.acquire('a'), down);
    assert.equal(await lock.tryAcquire('a'), null);
    for (const error of [down, inVain, down]) await assert.rejects(lock.acquire('a'), error);
    assert.equal(lock.circuit, 'closed');
  });

  it('lets one try when its time is over, and closes when the backend answers, if only that it is busy', async () => {
    const { lock, clock, inner } = await opened('busy');
    await clock.advance(999);
    await assert.rejects(lock.acquire('a'), LockBackendError);
    await clock.advance(1);
    const lease = await lock.acquire('a', { timeoutMs: 500 });
    assert.equal(lock.circuit, 'closed');
    // The try is a single attempt; the wait of the caller goes on behind it.
    assert.deepEqual(
      inner.asked.slice(2).map(({ call }) => call),
      ['tryAcquire', 'acquire'],
    );
    assert.equal(await lease.release(), 'released');
  });

  it('opens again when that one meets trouble', async () => {
    const { lock, clock } = await opened(down);
    await clock.advance(1000);
    await assert.rejects(lock.acquire('a'), down);
    assert.equal(lock.circuit, 'open');
    await clock.advance(999);
    await assert.rejects(lock.acquire('a'), { cause: down });
    await clock.advance(1);
    assert.notEqual(await lock.tryAcquire('a'), null);
  });

  it('has nobody wait for the one that tries', async () => {
    const { lock, clock, inner } = await opened();
    await clock.advance(1000);
    let answer: (busy: null) => void = () => undefined;
    inner.tryAcquire = () => new Promise((resolve) => (answer = resolve));
    const trying = lock.tryAcquire('a');
    assert.equal(lock.circuit, 'half-open');
    await assert.rejects(lock.acquire('a'), { code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'definite' });
    answer(null);
    assert.equal(await trying, null);
    assert.equal(lock.circuit, 'closed');
  });

  it('leaves leases alone: they are renewed and released while it is open', async () => {
    const { lock, inner } = stage();
    const lease = await lock.acquire('a');
    inner.script.push(down, down);
    for (let count = 0; count < 2; count += 1) await assert.rejects(lock.tryAcquire('b'), down);
    assert.equal(lock.circuit, 'open');
    await lease.renew();
    assert.equal(await lease.release(), 'released');
  });

  it('is not kept open by a clock of the wall that is set back', async (context) => {
    const { lock, clock } = await opened();
    context.mock.method(Date, 'now', () => 0);
    await clock.advance(1000);
    assert.notEqual(await lock.tryAcquire('a'), null);
  });

  it('refuses numbers that are none', () => {
    assert.throws(() => new CircuitBreakerLock(new InnerLock(), { failures: 0 }), RangeError);
    assert.throws(() => new CircuitBreakerLock(new InnerLock(), { openMs: NaN }), RangeError);
  });
});
