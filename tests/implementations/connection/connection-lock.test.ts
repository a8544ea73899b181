import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ConnectionLock } from '../../../implementations/connection/connection-lock.ts';
import { LockBackendError, LockTimeoutError } from '../../../implementations/lock.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { VirtualClock, settle } from '../lease/virtual-time.ts';
import { ScriptedHolders } from './scripted-holder.ts';

let clock: VirtualClock;
let holders: ScriptedHolders;
let lock: ConnectionLock;

beforeEach(() => {
  clock = new VirtualClock();
  holders = new ScriptedHolders();
  lock = new ConnectionLock(holders, { clock, leaseMs: 900, commandTimeoutMs: 200, random: () => 0 });
});

async function granted(): Promise<Lease> {
  const acquiring = lock.acquire('orders');
  await settle();
  holders.last.locks.at(-1)?.resolve({ fencingToken: 7n });
  return acquiring;
}

describe('a lease that lasts as long as its connection', () => {
  it('has a fencing token and no deadline', async () => {
    const lease = await granted();
    assert.equal(lease.fencingToken, 7n);
    assert.equal(lease.expiresAt, undefined);
    assert.equal(lease.remainingMs(), Infinity);
  });

  it('is kept by heartbeats that are answered, three in the time of a lease', async () => {
    const lease = await granted();
    for (let beat = 0; beat < 6; beat += 1) {
      await clock.advance(300);
      assert.equal(holders.last.pings.length, 1);
      holders.last.pings.pop()?.resolve();
      await settle();
    }
    assert.equal(lease.signal.aborted, false);
  });

  it('is lost when a heartbeat is not answered within the time limit of a command', async () => {
    const lease = await granted();
    await clock.advance(300 + 199);
    assert.equal(lease.signal.aborted, false);
    await clock.advance(1);
    assert.equal(Reflect.get(Object(lease.signal.reason), 'reason'), 'connection');
    assert.equal(lease.remainingMs(), 0);
    assert.equal(holders.last.state, 'ended');
    assert.equal(await lease.release(), 'lost');
  });

  it('tells its holder before it ends the connection, and so lets the next one in', async () => {
    const lease = await granted();
    let state: string | undefined;
    lease.signal.addEventListener('abort', () => {
      state = holders.last.state;
    });
    await clock.advance(500);
    assert.equal(state, 'open');
    assert.equal(holders.last.state, 'ended');
  });

  it('is lost at once when its connection ends, and sends nothing more', async () => {
    const lease = await granted();
    holders.last.breaks();
    assert.equal(lease.signal.aborted, true);
    await clock.advance(5000);
    assert.equal(holders.last.pings.length, 0);
    assert.equal(clock.armed, 0);
    await assert.rejects(lease.renew(), { code: 'LEASE_LOST' });
  });

  it('gives its connection back when it was released, and ends it when that is not known', async () => {
    const first = await granted();
    const released = first.release();
    holders.last.unlocks.pop()?.resolve('released');
    assert.equal(await released, 'released');
    assert.equal(holders.last.state, 'given back');
    await assert.rejects(first.renew(), { code: 'LEASE_LOST' });

    const second = await granted();
    const unknown = second.release();
    await clock.advance(200);
    assert.equal(await unknown, 'unknown');
    assert.equal(holders.last.state, 'ended');

    const third = await granted();
    const lost = third.release();
    holders.last.unlocks.pop()?.resolve('lost');
    assert.equal(await lost, 'lost');
    assert.equal(clock.armed, 0);
  });
});

describe('waiting', () => {
  it('is done by the server, for as long as the caller has time', async () => {
    const waiting = lock.acquire('orders', { timeoutMs: 5000 });
    await settle();
    assert.equal(holders.last.locks[0]?.waitMs, 5000);
    await clock.advance(5000);
    holders.last.locks[0]?.resolve(undefined);
    await assert.rejects(waiting, LockTimeoutError);
    assert.equal(holders.opened.length, 1);
    assert.equal(holders.last.state, 'given back');
  });

  it('ends with its connection when the server does not keep the time', async () => {
    const waiting = lock.acquire('orders', { timeoutMs: 1000 });
    const rejected = assert.rejects(waiting, { code: 'LOCK_OUTCOME_UNKNOWN', outcome: 'unknown' });
    await clock.advance(1200);
    await rejected;
    assert.equal(holders.last.state, 'ended');
  });

  it('begins again on another connection when one breaks', async () => {
    const waiting = lock.acquire('orders', { timeoutMs: 10_000 });
    await settle();
    holders.last.locks[0]?.reject(new LockBackendError('gone', 'unknown'));
    await clock.advance(200);
    assert.equal(holders.opened.length, 2);
    holders.last.locks[0]?.resolve({});
    assert.equal((await waiting).fencingToken, undefined);
  });

  it('is not done at all by tryAcquire, nor by an acquire without time', async () => {
    const trying = lock.tryAcquire('orders');
    await settle();
    assert.equal(holders.last.locks[0]?.waitMs, 0);
    holders.last.locks[0]?.resolve(undefined);
    assert.equal(await trying, null);

    const rejected = assert.rejects(lock.acquire('orders', { timeoutMs: 0 }), LockTimeoutError);
    await settle();
    assert.equal(holders.last.locks[0]?.waitMs, 0);
    holders.last.locks[0]?.resolve(undefined);
    await rejected;
  });

  it('ends when the caller gives up, and its connection with it', async () => {
    const giveUp = new AbortController();
    const waiting = assert.rejects(lock.acquire('orders', { signal: giveUp.signal }), { code: 'LOCK_ABORTED' });
    await settle();
    giveUp.abort();
    await waiting;
    assert.equal(holders.last.state, 'ended');
  });
});

it('closing ends the connections of all leases, and of all who wait', async () => {
  const lease = await granted();
  const waiting = lock.acquire('stock');
  await settle();
  const asked = holders.last;
  await lock.close();
  assert.equal(lease.signal.aborted, true);
  assert.deepEqual(
    holders.opened.map(({ state }) => state),
    ['ended', 'ended'],
  );
  const rejected = assert.rejects(waiting, { code: 'LOCK_BACKEND_UNAVAILABLE' });
  asked.locks[0]?.reject(new LockBackendError('gone', 'unknown'));
  await clock.advance(2000);
  await rejected;
});
