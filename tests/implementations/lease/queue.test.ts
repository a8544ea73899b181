import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer, LeaseRequest } from '../../../implementations/lease/backend.ts';
import { driftMs } from '../../../implementations/lease/held-lease.ts';
import { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import { LockAbortedError, LockTimeoutError } from '../../../implementations/lock.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { VirtualClock, settle } from './virtual-time.ts';

const LEASE_MS = 600;

/** A backend with a queue: the test says when a turn comes, and sees who leaves. */
class QueueBackend extends ScriptedBackend {
  readonly waits: { request: LeaseRequest; patience: AbortSignal; answer: (answer: Answer) => void }[] = [];

  wait(request: LeaseRequest, patience: AbortSignal): Promise<Answer> {
    return new Promise((answer) => {
      this.waits.push({ request, patience, answer });
    });
  }
}

function engine(): { clock: VirtualClock; backend: QueueBackend; lock: LeaseLock } {
  const clock = new VirtualClock();
  const backend = new QueueBackend();
  return { clock, backend, lock: new LeaseLock(backend, { leaseMs: LEASE_MS, clock }) };
}

describe('a wait in the queue of a backend', () => {
  it('is one request, however long it takes, and its lease counts from what the backend says', async () => {
    const { clock, backend, lock } = engine();
    const granted = lock.acquire('orders', { timeoutMs: 60_000 });
    await clock.advance(30_000);
    const [wait] = backend.waits;
    assert.equal(backend.waits.length, 1);
    const countedFrom = clock.now() - 50;
    wait?.answer({ kind: 'granted', fencingToken: 7n, countedFrom, leaseMs: 400 });
    const lease = await granted;
    assert.equal(lease.expiresAt, countedFrom + 400 - driftMs(400));
    assert.equal(lease.fencingToken, 7n);
  });

  it('ends with LockTimeoutError, definite, once the waiter has left the queue', async () => {
    const { clock, backend, lock } = engine();
    const outcome = assert.rejects(
      lock.acquire('orders', { timeoutMs: 1000 }),
      (error) => error instanceof LockTimeoutError && error.outcome === 'definite',
    );
    await clock.advance(1000);
    const [wait] = backend.waits;
    assert.equal(wait?.patience.aborted, true);
    wait?.answer({ kind: 'busy' });
    await outcome;
    assert.equal(backend.undos.sent, 0);
  });

  it('is undone if the waiter does not leave in time, and a grant to a caller who has gone is, too', async () => {
    const { clock, backend, lock } = engine();
    const late = assert.rejects(lock.acquire('orders', { timeoutMs: 1000 }), { outcome: 'unknown' });
    await clock.advance(1000 + LEASE_MS / 4);
    await late;
    assert.equal(backend.undos.sent, 1);

    const giveUp = new AbortController();
    const gone = assert.rejects(lock.acquire('orders', { signal: giveUp.signal }), LockAbortedError);
    await settle();
    giveUp.abort();
    backend.waits[1]?.answer({ kind: 'granted', countedFrom: clock.now() });
    await gone;
    assert.equal(backend.undos.sent, 2);
  });

  it('is not entered by tryAcquire, nor by an acquire without time', async () => {
    const { backend, lock } = engine();
    const tried = lock.tryAcquire('orders');
    (await backend.attempts.next()).answer({ kind: 'busy' });
    assert.equal(await tried, null);
    const hurried = assert.rejects(lock.acquire('orders', { timeoutMs: 0 }), LockTimeoutError);
    (await backend.attempts.next()).answer({ kind: 'busy' });
    await hurried;
    assert.equal(backend.waits.length, 0);
  });
});
