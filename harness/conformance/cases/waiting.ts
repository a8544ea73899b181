/** Waiting for the lock, and giving up. */
import assert from 'node:assert/strict';
import { LockAbortedError, LockTimeoutError } from 'holdfast-locks';
import { applicableIf, linksOf, needs, onAll, type ConformanceCase } from '../case.ts';
import { granted, released, until, within } from '../expect.ts';

/** Between two polls of a waiter that is not woken. */
const POLL_MS = 20_000;
/** A waiter that is granted within this was woken: less than any poll, more than any stall of a busy machine. */
const WOKEN_WITHIN_MS = 5000;
/** A lease that does not end while a case lasts: what is free again was released or undone. */
const LONG_MS = 60_000;
const LATE_MS = 400;

export const waitingCases: readonly ConformanceCase[] = [
  {
    name: 'a wait that is too long ends with LockTimeoutError, and is not granted afterwards',
    async run(stage) {
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, LONG_MS);
      await assert.rejects(other.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: 150 }), LockTimeoutError);
      await assert.rejects(other.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: 0 }), LockTimeoutError);
      await lease.release();
      await (await granted(one.lock, key, LONG_MS)).release();
    },
  },
  {
    name: 'a caller that gives up while waiting gets LockAbortedError at once, and the lock goes to the next',
    async run(stage) {
      needs(stage, 'abort');
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, LONG_MS);
      const giveUp = new AbortController();
      const waiting = other.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: LONG_MS, signal: giveUp.signal });
      setTimeout(() => giveUp.abort(), 100);
      await assert.rejects(within(WOKEN_WITHIN_MS, 'the wait ends', waiting), LockAbortedError);
      await assert.rejects(other.lock.tryAcquire(key, { signal: AbortSignal.abort() }), LockAbortedError);
      await lease.release();
      // A last attempt of the one who gave up may still be under way, and is undone then.
      const next = await one.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: WOKEN_WITHIN_MS });
      await next.release();
    },
  },
  {
    name: 'a grant that is under way when the caller gives up is undone',
    async run(stage) {
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const heal = await onAll(linksOf(one), (link) => link.delay(LATE_MS, 'reply'));
      const giveUp = new AbortController();
      const waiting = one.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: LONG_MS, signal: giveUp.signal });
      setTimeout(() => giveUp.abort(), LATE_MS / 4);
      await assert.rejects(waiting, LockAbortedError);
      await heal();
      const next = await other.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: LONG_MS / 2 });
      await released(next);
    },
  },
  {
    name: 'an acquire whose reply was lost does not wait for itself',
    async run(stage) {
      const client = await stage.connect();
      const key = stage.key();
      const heal = await onAll(linksOf(client), (link) => link.blackHole('reply'));
      const waiting = client.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: LONG_MS / 2 });
      setTimeout(() => void heal(), LATE_MS);
      const lease = await waiting;
      await released(lease);
    },
  },
  {
    name: 'a waiter is woken by the release, not by its next poll',
    async run(stage) {
      applicableIf(stage.module.polls !== true, 'nothing in its backend wakes a waiter: it polls');
      const options = { retry: { delayMs: POLL_MS, maxDelayMs: POLL_MS, jitter: 0 } };
      const [one, other] = await Promise.all([stage.connect(), stage.connect({ options })]);
      const key = stage.key();
      for (let round = 0; round < 3; round++) {
        const lease = await granted(one.lock, key, LONG_MS);
        const waiting = other.lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: LONG_MS });
        await until(POLL_MS, 'the waiter waits', async () => (await one.lock.inspect(key)).held);
        setTimeout(() => void lease.release(), 200);
        await (await within(WOKEN_WITHIN_MS + 200, 'the waiter is granted', waiting)).release();
      }
    },
  },
];
