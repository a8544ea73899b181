/** The frame for published locks: what a library says comes through, and what it does not say is not made up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adapted, type Asked, type Held } from '../../../implementations/adapters/adapted.ts';
import type { Lock } from '../../../implementations/lock.ts';

/** A library that grants everything, and notes what becomes of it. */
function libraryOf(held: Partial<Held> = {}, granting: Promise<unknown> = Promise.resolve()) {
  const notes: string[] = [];
  const take = async ({ key }: Asked): Promise<Held> => {
    await granting;
    notes.push(`takes ${key}`);
    return { release: async () => void notes.push(`releases ${key}`), ...held };
  };
  return { notes, library: { take, close: () => void notes.push('closes') } };
}
const lockOf = (held?: Partial<Held>): Lock => adapted(libraryOf(held).library).lock;

void describe('a library behind the contract', () => {
  void it('names no end, no loss and no outcome where the library names none', async () => {
    const lease = await lockOf().acquire('a');
    assert.deepEqual([lease.expiresAt, lease.remainingMs(), lease.fencingToken], [undefined, Infinity, undefined]);
    assert.equal(lease.signal.aborted, false);
    assert.equal(await lease.release(), 'unknown');
  });

  void it('ends a lease by the library’s word, or at the end that it stated, not before', async () => {
    const lost = new AbortController();
    const told = await lockOf({ lost: lost.signal }).acquire('a');
    assert.equal(told.signal.aborted, false);
    lost.abort();
    assert.equal(told.signal.reason.reason, 'mismatch');
    const over = await lockOf({ expiresAt: performance.now() - 1 }).acquire('a');
    assert.equal(over.signal.reason.reason, 'deadline');
  });

  void it('extends only what can be extended, and says that nobody knows when the library fails', async () => {
    const none = await lockOf().acquire('a');
    await assert.rejects(none.renew(), { code: 'LOCK_BACKEND_UNAVAILABLE' });
    const failing = await lockOf({ extend: () => Promise.reject(new Error('no')) }).acquire('a');
    await assert.rejects(failing.renew(), { code: 'LOCK_OUTCOME_UNKNOWN' });
    const extended = await lockOf({ expiresAt: performance.now(), extend: async () => 1e12 }).acquire('a');
    const seen: number[] = [];
    extended.onRenewed((expiresAt) => seen.push(expiresAt));
    await extended.renew();
    assert.deepEqual([extended.expiresAt, seen], [1e12, [1e12]]);
    await extended.release();
  });

  void it('releases what a library that cannot cancel takes after the caller has given up, before it is closed', async () => {
    const granting = Promise.withResolvers<void>();
    const { library, notes } = libraryOf({}, granting.promise);
    const connected = adapted(library);
    const given = new AbortController();
    const waiting = assert.rejects(connected.lock.acquire('a', { signal: given.signal }), {
      code: 'LOCK_ABORTED',
      outcome: 'unknown',
    });
    given.abort();
    await waiting;
    granting.resolve();
    await connected.close();
    assert.deepEqual(notes, ['takes a', 'releases a', 'closes']);
  });

  void it('tells busy from trouble', async () => {
    const busy = adapted({ take: async () => null }).lock;
    assert.equal(await busy.tryAcquire('a'), null);
    await assert.rejects(busy.acquire('a'), { code: 'LOCK_TIMEOUT' });
    const down = adapted({ take: () => Promise.reject(new Error('down')) }).lock;
    await assert.rejects(down.tryAcquire('a'), { code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'unknown' });
    await assert.rejects(down.inspect('a'), /cannot be asked/);
  });
});
