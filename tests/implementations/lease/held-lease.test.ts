import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { driftMs } from '../../../implementations/lease/held-lease.ts';
import { LeaseLock } from '../../../implementations/lease/lease-lock.ts';
import type { LeaseLockOptions } from '../../../implementations/lease/options.ts';
import { LeaseLostError, LockBackendError, LockOutcomeUnknownError } from '../../../implementations/lock.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { VirtualClock, settle } from './virtual-time.ts';

const LEASE_MS = 600;
const VALID_MS = LEASE_MS - driftMs(LEASE_MS);

async function held(
  options: LeaseLockOptions = {},
): Promise<{ clock: VirtualClock; backend: ScriptedBackend; lease: Lease; sentAt: number }> {
  const clock = new VirtualClock();
  const backend = new ScriptedBackend();
  const lock = new LeaseLock(backend, { leaseMs: LEASE_MS, clock, ...options });
  const sentAt = clock.now();
  const granted = lock.acquire('orders');
  const attempt = await backend.attempts.next();
  attempt.answer({ kind: 'granted', fencingToken: 7n });
  return { clock, backend, lease: await granted, sentAt };
}

function reasonOf(lease: Lease): unknown {
  const reason: unknown = lease.signal.reason;
  return reason instanceof LeaseLostError ? reason.reason : reason;
}

describe('deadline', () => {
  it('is a timer: the signal aborts when it passes, whatever the backend says or does not say', async () => {
    const { clock, lease } = await held();
    await clock.advance(VALID_MS - 1);
    assert.equal(lease.signal.aborted, false);
    assert.equal(Math.round(lease.remainingMs()), 1);
    await clock.advance(2);
    assert.equal(reasonOf(lease), 'deadline');
    assert.equal(lease.remainingMs(), 0);
  });

  it('has passed as soon as the clock says so, also before any timer has fired', async () => {
    const { clock, lease } = await held();
    clock.pause(LEASE_MS);
    assert.equal(lease.remainingMs(), 0);
    assert.equal(lease.signal.aborted, true);
  });

  it('aborts the signal for those who look only afterwards', async () => {
    const { clock, lease } = await held({ renew: false });
    await clock.advance(LEASE_MS);
    assert.equal(reasonOf(lease), 'deadline');
  });

  it('stands with the fencing token and the token of the grant', async () => {
    const { lease, sentAt } = await held();
    assert.equal(lease.expiresAt, sentAt + VALID_MS);
    assert.equal(lease.fencingToken, 7n);
    assert.match(lease.token, /^[0-9a-f]{32}$/);
  });
});

describe('renewal', () => {
  it('is sent at a third of the lease and moves the deadline, counted from its own send', async () => {
    const { clock, backend, lease, sentAt } = await held();
    const seen: number[] = [];
    lease.onRenewed((expiresAt) => seen.push(expiresAt));
    await clock.advance(199);
    assert.equal(backend.extensions.sent, 0);
    await clock.advance(1);
    const extension = await backend.extensions.next();
    assert.equal(extension.request.token, lease.token);
    await clock.advance(50);
    extension.answer('extended');
    await settle();
    assert.deepEqual(seen, [sentAt + 200 + VALID_MS]);
    assert.equal(lease.expiresAt, sentAt + 200 + VALID_MS);
    await clock.advance(150);
    assert.equal(backend.extensions.sent, 2);
  });

  it('that fails leaves the deadline as it is, and is sent again sooner', async () => {
    const { clock, backend, lease, sentAt } = await held();
    await clock.advance(200);
    (await backend.extensions.next()).fail(new Error('connection reset'));
    await clock.advance(60);
    assert.equal(backend.extensions.sent, 2);
    assert.equal(lease.signal.aborted, false);
    assert.equal(lease.expiresAt, sentAt + VALID_MS);
    await clock.advance(LEASE_MS);
    assert.equal(reasonOf(lease), 'deadline');
  });

  it('that is not answered has a time limit of its own', async () => {
    const { clock, backend } = await held();
    await clock.advance(200 + 150 + 1);
    assert.equal(backend.extensions.sent, 2);
  });

  it('that is answered after its time limit still counts while the lease is there', async () => {
    const { clock, backend, lease, sentAt } = await held();
    await clock.advance(200);
    const late = await backend.extensions.next();
    await clock.advance(300);
    late.answer('extended');
    await settle();
    assert.equal(lease.expiresAt, sentAt + 200 + VALID_MS);
  });

  it('that finds another token is the loss, at once', async () => {
    const { clock, backend, lease } = await held();
    const { signal } = lease;
    await clock.advance(200);
    (await backend.extensions.next()).answer('lost');
    await settle();
    assert.equal(signal.aborted, true);
    assert.equal(reasonOf(lease), 'mismatch');
    await clock.advance(LEASE_MS);
    assert.equal(backend.extensions.sent, 1);
  });

  it('is not sent by a timer that fires only after the deadline', async () => {
    const { clock, backend, lease } = await held();
    clock.pause(900);
    await clock.advance(1000);
    assert.equal(backend.extensions.sent, 0);
    assert.equal(reasonOf(lease), 'deadline');
  });

  it('whose answer is read only after the deadline revives nothing', async () => {
    const { clock, backend, lease, sentAt } = await held();
    await clock.advance(200);
    const extension = await backend.extensions.next();
    clock.pause(LEASE_MS);
    // After a resumption, sockets are served before timers.
    extension.answer('extended');
    await settle();
    assert.equal(lease.expiresAt, sentAt + VALID_MS);
    assert.equal(reasonOf(lease), 'deadline');
  });

  it('is off where it is not wanted', async () => {
    const { clock, backend } = await held({ renew: false });
    await clock.advance(LEASE_MS);
    assert.equal(backend.extensions.sent, 0);
  });

  it('on demand rejects with the loss, or with the trouble, and shares a renewal that is under way', async () => {
    const { clock, backend, lease } = await held();
    const both = [lease.renew(), lease.renew()];
    (await backend.extensions.next()).answer('extended');
    await Promise.all(both);
    assert.equal(backend.extensions.sent, 1);

    const failing = assert.rejects(lease.renew(), LockOutcomeUnknownError);
    (await backend.extensions.next()).fail(new Error('reset'));
    await failing;
    const losing = assert.rejects(lease.renew(), LeaseLostError);
    (await backend.extensions.next()).answer('lost');
    await losing;
    await assert.rejects(lease.renew(), LeaseLostError);
    await clock.advance(LEASE_MS);
    assert.equal(backend.extensions.sent, 3);
  });
});

describe('release', () => {
  it('is idempotent: one request, one answer', async () => {
    const { backend, lease } = await held();
    const [first, second] = [lease.release(), lease.release()];
    (await backend.releases.next()).answer('released');
    assert.equal(await first, 'released');
    assert.equal(await second, 'released');
    assert.equal(backend.releases.sent, 1);
  });

  it('leaves no timer, and nothing is renewed once it has begun', async () => {
    const { clock, backend, lease } = await held();
    const released = lease.release();
    await clock.advance(149);
    assert.equal(backend.extensions.sent, 0);
    (await backend.releases.next()).answer('released');
    await released;
    assert.equal(clock.armed, 0);
    assert.equal(lease.signal.aborted, false);
    assert.equal(lease.remainingMs(), 0);
    await assert.rejects(lease.renew(), LeaseLostError);
  });

  it('makes the answer to a renewal under way meaningless', async () => {
    const { clock, backend, lease, sentAt } = await held();
    const seen: number[] = [];
    lease.onRenewed((expiresAt) => seen.push(expiresAt));
    await clock.advance(200);
    const extension = await backend.extensions.next();
    const released = lease.release();
    (await backend.releases.next()).answer('released');
    await released;
    extension.answer('extended');
    await settle();
    assert.deepEqual(seen, []);
    assert.equal(lease.expiresAt, sentAt + VALID_MS);
    assert.equal(clock.armed, 0);
  });

  it('is sent also for a lease that is lost locally: the server may still hold it', async () => {
    const { clock, backend, lease } = await held();
    await clock.advance(LEASE_MS);
    const released = lease.release();
    (await backend.releases.next()).answer('lost');
    assert.equal(await released, 'lost');
  });

  it('without an answer is sent once more; a token that is gone then proves nothing', async () => {
    const { clock, backend, lease } = await held();
    const released = lease.release();
    (await backend.releases.next()).fail(new Error('connection reset'));
    await clock.advance(100);
    (await backend.releases.next()).answer('lost');
    assert.equal(await released, 'unknown');
  });

  it('that certainly was not sent the first time is answered by the second', async () => {
    const { clock, backend, lease } = await held();
    const released = lease.release();
    (await backend.releases.next()).fail(new LockBackendError('not connected', 'definite'));
    await clock.advance(100);
    (await backend.releases.next()).answer('lost');
    assert.equal(await released, 'lost');
  });

  it('answers "unknown" within bounded time when the backend is silent', async () => {
    const { clock, backend, lease } = await held();
    const released = lease.release();
    await clock.advance(150 + 100 + 150);
    assert.equal(await released, 'unknown');
    assert.equal(backend.releases.sent, 2);
    assert.equal(clock.armed, 0);
  });

  it('is what the end of an `await using` block does', async () => {
    const { backend, lease } = await held();
    const block = (async () => {
      await using inBlock = lease;
      assert.equal(inBlock.key, 'orders');
    })();
    (await backend.releases.next()).answer('released');
    await block;
  });
});
