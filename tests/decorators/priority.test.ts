import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PriorityLock } from '../../implementations/decorators/priority/index.ts';
import type { PriorityAcquireOptions, PriorityOptions } from '../../implementations/decorators/priority/index.ts';
import { LockBackendError } from '../../implementations/lock.ts';
import { VirtualClock, settle } from '../implementations/lease/virtual-time.ts';
import { InnerLock } from './inner-lock.ts';

interface Stage {
  readonly lock: PriorityLock;
  readonly inner: InnerLock;
  readonly clock: VirtualClock;
  readonly let: string[];
  readonly come: (name: string, options?: PriorityAcquireOptions) => Promise<void>;
  /** Ends the hold, and resolves when all who came are through. */
  readonly begin: () => Promise<unknown>;
}

/** Somebody holds the key and somebody is on the way to the backend; whoever comes now waits. */
async function crowded(options: PriorityOptions = {}): Promise<Stage> {
  const clock = new VirtualClock();
  const inner = new InnerLock();
  const lock = new PriorityLock(inner, { ...options, clock });
  const order: string[] = [];
  const comers: Promise<void>[] = [];
  const come = (name: string, call: PriorityAcquireOptions = {}): Promise<void> => {
    const comer = lock.using('a', { timeoutMs: 60_000, ...call }, async () => void order.push(name));
    comers.push(comer);
    return comer;
  };
  const held = await inner.acquire('a');
  void come('on the way');
  await settle();
  const begin = async (): Promise<unknown> => {
    await held.release();
    return Promise.allSettled(comers);
  };
  return { lock, inner, clock, let: order, come, begin };
}

describe('priority', () => {
  it('lets in the most urgent first, and of those as urgent whoever came first', async () => {
    const { come, begin, let: order } = await crowded();
    for (const [name, priority] of [
      ['low', 1],
      ['high', 5],
      ['low too', 1],
      ['high too', 5],
      ['none', 0],
    ] as const)
      void come(name, { priority });
    await begin();
    assert.deepEqual(order, ['on the way', 'high', 'high too', 'low', 'low too', 'none']);
  });

  it('starves nobody: a wait of so long counts as one more', async () => {
    const { come, begin, clock, let: order } = await crowded({ agingMs: 100 });
    void come('old', { priority: 0 });
    await clock.advance(299);
    void come('urgent', { priority: 3 });
    await clock.advance(2);
    void come('too late', { priority: 3 });
    await begin();
    assert.deepEqual(order, ['on the way', 'urgent', 'old', 'too late']);
  });

  it('sends one call for a key at a time to the backend, and those for others at once', async () => {
    const { come, begin, inner, lock } = await crowded();
    void come('second');
    await lock.using('b', {}, async () => undefined);
    assert.deepEqual(
      inner.asked.map(({ key }) => key),
      ['a', 'a', 'b'],
    );
    await begin();
  });

  it('has the backend say why whoever waited for too long was not let in', async () => {
    const { come, begin, inner, clock } = await crowded();
    const busy = assert.rejects(come('late', { timeoutMs: 100 }), { code: 'LOCK_TIMEOUT' });
    const trouble = new LockBackendError('', 'definite');
    const down = assert.rejects(come('later', { timeoutMs: 200 }), trouble);
    await clock.advance(150);
    await busy;
    inner.script.push(trouble);
    await clock.advance(100);
    await down;
    await begin();
  });

  it('is given up by the signal of the caller, and the turn goes to the next', async () => {
    const { come, begin, let: order } = await crowded();
    const ending = new AbortController();
    const ended = assert.rejects(come('ends', { priority: 9, signal: ending.signal }), { code: 'LOCK_ABORTED' });
    void come('next');
    ending.abort();
    await ended;
    await begin();
    assert.deepEqual(order, ['on the way', 'next']);
  });

  it('goes on when the one who asked fails', async () => {
    const inner = new InnerLock(new LockBackendError('', 'definite'));
    const lock = new PriorityLock(inner);
    const first = assert.rejects(lock.acquire('a'));
    const second = lock.acquire('a');
    await first;
    assert.equal(await (await second).release(), 'released');
  });

  it('keeps no owner from entering again, and readers from entering together', async () => {
    const { inner, lock, begin } = await crowded();
    const [before] = [inner.asked.length];
    for (const call of [{ owner: 'me' }, { mode: 'shared' }] as const)
      void lock.acquire('a', { ...call, timeoutMs: 0 }).catch(() => undefined);
    assert.equal(inner.asked.length, before + 2);
    await begin();
  });

  it('refuses numbers that are none', async () => {
    for (const agingMs of [0, -1, Infinity])
      assert.throws(() => new PriorityLock(new InnerLock(), { agingMs }), RangeError);
    await assert.rejects(new PriorityLock(new InnerLock()).acquire('a', { priority: NaN }), RangeError);
  });
});
