import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { LeaseRequest } from '../../../implementations/lease/backend.ts';
import { LockUpgradeError } from '../../../implementations/lock.ts';
import type { Lease, Mode } from '../../../implementations/lock.ts';
import type { RedisLockOptions } from '../../../implementations/redis/basic.ts';
import { RedisReadWriteBackend, RedisReadWriteLock } from '../../../implementations/redis/read-write.ts';
import { newToken } from '../../../implementations/token.ts';
import { RedisServer } from '../../../tools/redis-server.ts';

const KEY = 'orders';
const LEASE_MS = 2000;
const shared = { mode: 'shared' } as const;

let server: RedisServer;
let admin: Redis;
const open: { close(): unknown }[] = [];

before(async () => {
  server = await RedisServer.start();
  admin = client();
});

after(async () => {
  for (const each of open.toReversed()) await each.close();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await admin.flushall();
});

function client(): Redis {
  const made = new Redis(server.port, '127.0.0.1');
  open.push({ close: () => made.disconnect() });
  return made;
}

function readWriteLock(options: Partial<RedisLockOptions> = {}): RedisReadWriteLock {
  const lock = new RedisReadWriteLock({ client: client(), subscriber: client(), leaseMs: LEASE_MS, ...options });
  open.push(lock);
  return lock;
}

function backend(): RedisReadWriteBackend {
  return new RedisReadWriteBackend({ client: client() });
}

function request(mode: Mode, leaseMs = LEASE_MS, owner?: string): LeaseRequest {
  return { key: KEY, token: newToken(), leaseMs, mode, owner };
}

/** Until a writer has left word that it waits. */
async function wordIsLeft(): Promise<void> {
  while ((await admin.exists(`holdfast:{${KEY}}:intent`)) === 0);
}

async function keysInForce(): Promise<string[]> {
  return (await admin.keys('*')).filter((key) => !key.endsWith(':fence'));
}

describe('readers and writers', () => {
  it('many read at once, one writes alone', async () => {
    const locks = Array.from({ length: 4 }, () => readWriteLock());
    const readers = await Promise.all(locks.map((lock) => lock.acquire(KEY, shared)));
    assert.equal(await readWriteLock().tryAcquire(KEY), null);
    for (const reader of readers) assert.equal(await reader.release(), 'released');
    const writer = await readWriteLock().acquire(KEY);
    assert.equal(await readWriteLock().tryAcquire(KEY, shared), null);
    assert.equal(await readWriteLock().tryAcquire(KEY), null);
    assert.equal(await writer.release(), 'released');
    assert.deepEqual(await keysInForce(), []);
  });

  it('each have a fencing token above all before', async () => {
    const lock = readWriteLock();
    const fences: bigint[] = [];
    const note = ({ fencingToken }: Lease): void => void fences.push(fencingToken ?? -1n);
    const readers = [await lock.acquire(KEY, shared), await lock.acquire(KEY, shared)];
    readers.forEach(note);
    for (const reader of readers) await reader.release();
    const writer = await lock.acquire(KEY);
    note(writer);
    await writer.release();
    assert.deepEqual(
      fences,
      fences.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(new Set(fences).size, 3);
  });

  it('wake each other: the last reader a writer, a writer all readers', async () => {
    const [lock, other] = [readWriteLock(), readWriteLock({ client: client(), subscriber: client() })];
    const reader = await lock.acquire(KEY, shared);
    const writing = other.acquire(KEY);
    await wordIsLeft();
    await reader.release();
    const writer = await writing;
    const reading = Array.from({ length: 3 }, () => lock.acquire(KEY, shared));
    await lock.inspect(KEY);
    await writer.release();
    for (const lease of await Promise.all(reading)) await lease.release();
  });
});

describe('deadlines', () => {
  it('are each reader’s own: a short one neither ends nor outlives a long one', async () => {
    const asking = backend();
    const [long, short] = [request('shared', 60_000), request('shared', 10)];
    await asking.attempt(long);
    const answer = await asking.attempt(short);
    const fencingToken = answer.kind === 'granted' ? answer.fencingToken : undefined;
    await delay(15);
    assert.equal(await asking.extend({ ...short, fencingToken }), 'lost');
    assert.equal((await asking.attempt(request('exclusive'))).kind, 'busy');
    assert.equal(await asking.free({ ...short, fencingToken }), 'lost');
    assert.equal(await admin.zcard(`holdfast:{${KEY}}:readers`), 1);
  });

  it('let a writer in when a reader has crashed', async () => {
    await readWriteLock().acquire(KEY, { ...shared, leaseMs: 100, renew: false });
    const writer = await readWriteLock().acquire(KEY);
    assert.equal(await writer.release(), 'released');
  });
});

describe('a waiting writer', () => {
  it('keeps new readers out, and is not kept waiting by them', async () => {
    const reader = await readWriteLock().acquire(KEY, shared);
    const writing = readWriteLock().acquire(KEY);
    await wordIsLeft();
    assert.equal(await readWriteLock().tryAcquire(KEY, shared), null);
    await reader.release();
    await (await writing).release();
  });

  it('that gives up takes its word back, and readers come in', async () => {
    const reader = await readWriteLock().acquire(KEY, shared);
    const leaving = new AbortController();
    const writing = assert.rejects(readWriteLock().acquire(KEY, { signal: leaving.signal }), { code: 'LOCK_ABORTED' });
    await wordIsLeft();
    const reading = readWriteLock().acquire(KEY, shared);
    leaving.abort();
    await writing;
    await (await reading).release();
    await reader.release();
  });

  it('that has only tried leaves no word behind', async () => {
    const lock = readWriteLock();
    const reader = await lock.acquire(KEY, shared);
    assert.equal(await lock.tryAcquire(KEY), null);
    while ((await admin.exists(`holdfast:{${KEY}}:intent`)) === 1);
    await reader.release();
    assert.deepEqual(await keysInForce(), []);
  });
});

describe('one owner', () => {
  it('that writes may read and then give the writing up', async () => {
    const lock = readWriteLock();
    const writer = await lock.acquire(KEY, { owner: 'me' });
    const reader = await lock.acquire(KEY, { ...shared, owner: 'me' });
    assert.equal(await writer.release(), 'released');
    const another = await lock.acquire(KEY, { ...shared, owner: 'you' });
    assert.equal(await lock.tryAcquire(KEY), null);
    await Promise.all([reader.release(), another.release()]);
    assert.deepEqual(await keysInForce(), []);
  });

  it('that reads and asks to write is refused at once, with the reason', async () => {
    const lock = readWriteLock();
    const reader = await lock.acquire(KEY, { ...shared, owner: 'me' });
    await assert.rejects(lock.acquire(KEY, { owner: 'me', timeoutMs: 60_000 }), (error) => {
      assert.ok(error instanceof LockUpgradeError);
      assert.match(error.message, /release the shared lease first/);
      return error.outcome === 'definite';
    });
    await assert.rejects(lock.tryAcquire(KEY, { owner: 'me' }), LockUpgradeError);
    await reader.release();
  });

  it('that reads may read again although a writer waits, which would otherwise wait for it in vain', async () => {
    const lock = readWriteLock();
    const outer = await lock.acquire(KEY, { ...shared, owner: 'me' });
    const writing = readWriteLock().acquire(KEY);
    await wordIsLeft();
    const inner = await lock.acquire(KEY, { ...shared, owner: 'me' });
    await Promise.all([inner.release(), outer.release()]);
    await (await writing).release();
  });
});

describe('a request that is sent again', () => {
  it('of a reader, or of a writer, gets the same answer', async () => {
    const asking = backend();
    for (const mode of ['shared', 'exclusive'] as const) {
      const mine = request(mode);
      const first = await asking.attempt(mine);
      assert.equal(first.kind, 'granted');
      assert.deepEqual(await asking.attempt(mine), first);
      await asking.undo(mine);
      assert.deepEqual(await keysInForce(), []);
    }
  });
});

it('says who holds it and whether a writer waits', async () => {
  const lock = readWriteLock();
  const reader = await lock.acquire(KEY, shared);
  const { remainingMs = 0, ...read } = await lock.inspect(KEY);
  assert.deepEqual(read, { key: KEY, held: true, waiters: 0 });
  assert.ok(remainingMs > 0 && remainingMs <= LEASE_MS);
  await reader.release();
  const writer = await lock.acquire(KEY);
  const { token, fencingToken } = await lock.inspect(KEY);
  assert.deepEqual([token, fencingToken], [writer.token, writer.fencingToken]);
  await writer.release();
  assert.deepEqual(await lock.inspect(KEY), { key: KEY, held: false });
});
