/** How long a lease lasts: deadline, renewal, loss. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLostError } from 'holdfast-locks';
import { applicableIf, deadlineOf, linksOf, needs, onAll, type ConformanceCase } from '../case.ts';
import { assertBusy, granted, lost, released, tried, until } from '../expect.ts';

/** Timers of a busy machine are late; what comes later than this did not come by itself. */
const LATE_MS = 3000;

export const leaseCases: readonly ConformanceCase[] = [
  {
    name: 'a lease that is renewed in the background outlives its first deadline',
    async run(stage) {
      needs(stage, 'renew');
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, stage.leaseMs);
      const first = deadlineOf(lease);
      let renewals = 0;
      lease.onRenewed(() => renewals++);
      await until(stage.leaseMs * 3 + LATE_MS, 'the first deadline has passed', () => performance.now() > first + 50);
      assert.equal(lease.signal.aborted, false);
      assert.ok(renewals > 0 && deadlineOf(lease) > first);
      await assertBusy(other.lock, key, stage.leaseMs);
      await released(lease);
    },
  },
  {
    name: 'a lease that is not renewed ends at its deadline: the holder is told, and another is granted it',
    async run(stage) {
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await one.lock.acquire(key, { leaseMs: stage.leaseMs, renew: false });
      const deadline = deadlineOf(lease);
      assert.ok(lease.remainingMs() > 0 && lease.remainingMs() <= stage.leaseMs);
      await lost(lease, stage.leaseMs + LATE_MS);
      assert.ok(performance.now() >= deadline, 'told before the deadline');
      assert.ok(lease.signal.reason instanceof LeaseLostError && lease.signal.reason.reason === 'deadline');
      assert.equal(lease.remainingMs(), 0);
      const timeoutMs = stage.leaseMs + stage.module.recoverMs + LATE_MS;
      const next = await other.lock.acquire(key, { leaseMs: stage.leaseMs * 10, timeoutMs });
      // Some libraries' unlock states nothing: "done", whatever was there.
      assert.match(await lease.release(), /^(lost|done)$/);
      await assertBusy(one.lock, key, stage.leaseMs);
      await released(next);
    },
  },
  {
    name: 'renew by hand moves the deadline, and after the release it is refused',
    async run(stage) {
      needs(stage, 'extend');
      const { lock } = await stage.connect();
      const lease = await lock.acquire(stage.key(), { leaseMs: stage.leaseMs * 3, renew: false });
      const first = deadlineOf(lease);
      await sleep(5);
      await lease.renew();
      assert.ok(deadlineOf(lease) > first);
      await lease.release();
      await assert.rejects(lease.renew(), LeaseLostError);
    },
  },
  {
    name: 'a lock that is taken away on the server is noticed at the next renewal',
    alone: true,
    async run(stage) {
      needs(stage, 'extend');
      const { lock } = await stage.connect();
      const lease = await granted(lock, stage.key(), stage.leaseMs * 3);
      deadlineOf(lease);
      await stage.forget();
      await assert.rejects(lease.renew(), LeaseLostError);
      assert.equal(lease.signal.aborted, true);
      assert.equal(await lease.release(), 'lost');
    },
  },
  {
    name: 'a holder that is cut off is told by its deadline, and its release says that nobody knows',
    async run(stage) {
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, stage.leaseMs);
      const heal = await onAll(linksOf(one), (link) => link.blackHole('both'));
      const bound = lease.expiresAt === undefined ? stage.module.recoverMs : lease.remainingMs();
      await lost(lease, bound + LATE_MS);
      assert.notEqual(await lease.release(), 'released');
      await heal();
      const timeoutMs = stage.leaseMs + stage.module.recoverMs + LATE_MS * 3;
      await released(await other.lock.acquire(key, { timeoutMs }));
    },
  },
  {
    name: 'after a reset of its connections the holder still holds, or is told before another is granted the lock',
    async run(stage) {
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, stage.leaseMs);
      const heal = await onAll(linksOf(one), (link) => link.reset(0, 'reply'));
      await sleep(stage.leaseMs / 4);
      await heal();
      for (const bound = performance.now() + stage.leaseMs * 2; performance.now() < bound; await sleep(20)) {
        const next = await tried(other.lock, key, { leaseMs: stage.leaseMs });
        if (next === null) continue;
        await next.release();
        const told = lease.expiresAt === undefined ? stage.module.recoverMs : 0;
        await lost(lease, told + 1);
        break;
      }
      await lease.release();
    },
  },
  {
    name: 'the servers may all be killed: the holder is told by its deadline, and after their return the lock works',
    alone: true,
    async run(stage) {
      const { deployment } = stage;
      applicableIf(deployment !== undefined, 'it has no servers');
      const unavailable = deployment.limits.kill;
      applicableIf(unavailable === undefined, unavailable ?? '');
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await granted(one.lock, key, stage.leaseMs);
      await Promise.all(deployment.nodes.map((node) => node.crash()));
      const bound = lease.expiresAt === undefined ? stage.module.recoverMs : lease.remainingMs();
      await lost(lease, bound + LATE_MS);
      await Promise.all(deployment.nodes.map((node) => node.restart({ keepData: true })));
      const timeoutMs = stage.leaseMs + stage.module.recoverMs + LATE_MS * 5;
      const next = await other.lock.acquire(key, { leaseMs: stage.leaseMs, timeoutMs });
      if (next.fencingToken !== undefined && stage.module.claims.fencing?.except?.['server-crash'] === undefined) {
        assert.ok(next.fencingToken > (lease.fencingToken ?? 0n), 'the fence fell behind over the restart');
      }
      await released(next);
      assert.notEqual(await lease.release(), 'released');
    },
  },
];
