import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acquireMany, releaseMany } from '../../implementations/decorators/acquire-many/index.ts';
import { LockBackendError, type Lease } from '../../implementations/lock.ts';
import { InnerLock } from './inner-lock.ts';

const outcomes = (answers: readonly { readonly outcome: string }[]): string[] => answers.map(({ outcome }) => outcome);

describe('many keys at once', () => {
  it('have an answer each, in their order, whatever becomes of the others', async () => {
    const down = new LockBackendError('down', 'definite');
    const lock = new InnerLock('busy', down);
    const answers = await acquireMany(lock, ['b', 'a', 'c', 'b']);
    assert.deepEqual(outcomes(answers), ['busy', 'failed', 'granted', 'repeated']);
    const leases = answers.flatMap((answer): Lease[] => (answer.outcome === 'granted' ? [answer.lease] : []));
    assert.deepEqual(await releaseMany(leases), ['released']);
  });

  it('are asked for a batch at a time', async () => {
    const lock = new InnerLock();
    let [under, most] = [0, 0];
    const ask = lock.tryAcquire.bind(lock);
    lock.tryAcquire = async (key, options) => {
      most = Math.max(most, (under += 1));
      const lease = await ask(key, options);
      under -= 1;
      return lease;
    };
    const keys = Array.from({ length: 25 }, (_, index) => `k${index}`);
    assert.deepEqual(new Set(outcomes(await acquireMany(lock, keys, { batchSize: 10 }))), new Set(['granted']));
    assert.equal(most, 10);
  });

  it('are not asked for any more when the caller gives up', async () => {
    const ending = new AbortController();
    const lock = new InnerLock();
    const ask = lock.tryAcquire.bind(lock);
    lock.tryAcquire = (key, options) => {
      ending.abort();
      return ask(key, { ...options, signal: new AbortController().signal });
    };
    const answers = await acquireMany(lock, ['a', 'b'], { batchSize: 1, signal: ending.signal });
    assert.deepEqual(outcomes(answers), ['granted', 'failed']);
  });

  it('are none, or in batches of none, without harm', async () => {
    assert.deepEqual(await acquireMany(new InnerLock(), []), []);
    await assert.rejects(acquireMany(new InnerLock(), ['a'], { batchSize: 0 }), RangeError);
  });
});
