/** What only some locks promise: re-entry, order, sharing. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lock } from 'holdfast-locks';
import type { Property } from 'holdfast-locks/internal/claims';
import { applicableIf, longMs, type Client, type ConformanceCase, type Stage } from '../case.ts';
import { answered, assertBusy, released, tried, until, within } from '../expect.ts';

const WAITERS = 20;
const LATE_MS = 5000;

function claims(stage: Stage, property: Property): void {
  applicableIf(stage.module.claims[property] !== undefined, `it does not claim ${property}`);
}

/** Waits until this many wait, where the lock can tell; otherwise long enough for a request to arrive. */
async function queued(lock: Lock, key: string, count: number): Promise<void> {
  const { waiters } = await answered(() => lock.inspect(key));
  if (waiters === undefined) await sleep(50);
  else
    await until(
      LATE_MS,
      `${count} wait`,
      async () => ((await answered(() => lock.inspect(key))).waiters ?? 0) >= count,
    );
}

export const familyCases: readonly ConformanceCase[] = [
  {
    name: 'reentrancy: the same owner is granted again at once, others when the last of its leases is released',
    async run(stage) {
      claims(stage, 'reentrancy');
      const long = longMs(stage);
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const again = { leaseMs: long, owner: 'ann' };
      const first = await one.lock.acquire(key, again);
      const second = await one.lock.acquire(key, again);
      assert.equal(await tried(other.lock, key, { leaseMs: long, owner: 'bob' }), null);
      assert.equal(await tried(other.lock, key, { leaseMs: long }), null);
      await released(second);
      assert.equal(await tried(other.lock, key, { leaseMs: long, owner: 'bob' }), null);
      await released(first);
      const theirs = await tried(other.lock, key, { leaseMs: long, owner: 'bob' });
      assert.ok(theirs !== null);
      assert.equal(await tried(one.lock, key, again), null);
      await theirs.release();
    },
  },
  {
    name: 'reentrancy: an owner that is killed in the middle blocks others for its lease only',
    async run(stage) {
      claims(stage, 'reentrancy');
      const other = await stage.connect();
      const key = stage.key();
      const holder = await stage.holder({ key, leaseMs: stage.leaseMs, times: 3, owner: 'ann' });
      await holder.granted;
      await holder.kill();
      const timeoutMs = stage.leaseMs + stage.module.recoverMs + LATE_MS;
      await (await other.lock.acquire(key, { leaseMs: stage.leaseMs, timeoutMs, owner: 'bob' })).release();
    },
  },
  {
    name: `fairness: ${WAITERS} waiters are granted the lock in the order of their arrival`,
    async run(stage) {
      claims(stage, 'fairness');
      const long = longMs(stage);
      const first = await stage.connect();
      const key = stage.key();
      const lease = await first.lock.acquire(key, { leaseMs: long });
      const order: number[] = [];
      const waiting: Promise<void>[] = [];
      const clients: Client[] = [];
      for (let index = 0; index < WAITERS; index++) clients.push(await stage.connect({ through: first }));
      for (const [index, { lock }] of clients.entries()) {
        const turn = lock.acquire(key, { leaseMs: long, timeoutMs: long }).then(async (granted) => {
          order.push(index);
          await granted.release();
        });
        // Awaited when all of them wait; if one of them cannot, that is what is told.
        turn.catch(() => undefined);
        waiting.push(turn);
        await queued(first.lock, key, index + 1);
      }
      await lease.release();
      await Promise.all(waiting);
      assert.deepEqual(order, [...clients.keys()]);
    },
  },
  {
    name: 'fairness: a dead waiter in front is passed over',
    async run(stage) {
      claims(stage, 'fairness');
      const long = longMs(stage);
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const lease = await one.lock.acquire(key, { leaseMs: long });
      const dead = await stage.holder({ key, leaseMs: stage.leaseMs });
      await queued(one.lock, key, 1);
      await dead.kill();
      const waiting = other.lock.acquire(key, { leaseMs: long, timeoutMs: long });
      waiting.catch(() => undefined);
      await queued(one.lock, key, 1);
      await lease.release();
      const bound = stage.leaseMs * 2 + stage.module.recoverMs + LATE_MS;
      await (await within(bound, 'the live waiter is granted', waiting)).release();
    },
  },
  {
    name: 'sharing: shared leases overlap, an exclusive one overlaps nothing',
    async run(stage) {
      claims(stage, 'sharing');
      const long = longMs(stage);
      const [one, other] = await Promise.all([stage.connect(), stage.connect()]);
      const key = stage.key();
      const shared = { leaseMs: long, mode: 'shared' } as const;
      const first = await one.lock.acquire(key, shared);
      const second = await tried(other.lock, key, shared);
      assert.ok(second !== null, 'two shared leases do not overlap');
      await assertBusy(other.lock, key, long);
      await first.release();
      await assertBusy(one.lock, key, long);
      await second.release();
      const exclusive = await one.lock.acquire(key, { leaseMs: long, timeoutMs: LATE_MS });
      assert.equal(await tried(other.lock, key, shared), null);
      await exclusive.release();
    },
  },
  {
    name: 'sharing: readers that come and go do not keep a writer out',
    async run(stage) {
      claims(stage, 'sharing');
      const long = longMs(stage);
      const clients = await Promise.all([stage.connect(), stage.connect(), stage.connect()]);
      const key = stage.key();
      const over = new AbortController();
      const read = async ({ lock }: Client): Promise<void> => {
        while (!over.signal.aborted) {
          await using lease = await lock.acquire(key, { leaseMs: long, timeoutMs: long, mode: 'shared' });
          await sleep(30, lease);
        }
      };
      const [one, two, writer] = clients;
      const readers = [read(one), read(two)];
      await sleep(50);
      const bound = stage.leaseMs + stage.module.recoverMs + LATE_MS;
      const written = within(bound, 'the writer is granted', writer.lock.acquire(key, { timeoutMs: long }));
      await written.then((lease) => lease.release()).finally(() => over.abort());
      await Promise.all(readers);
    },
  },
];
