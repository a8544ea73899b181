/** The one internal of Node's that the simulation leans on: if a version changes it, this says so before anything else. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { drain, drainsAtOnce } from '../../harness/sim/engine/drain.ts';

void it('ticks, microtasks and what follows from them are run to the end, synchronously, in Node’s own order', async () => {
  assert.ok(
    drainsAtOnce,
    'process._tickCallback is gone: each event of a simulation now takes a turn of the event loop',
  );
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      void Promise.resolve()
        .then(() => order.push('microtask'))
        .then(() => process.nextTick(() => order.push('tick of a microtask')))
        .then(() => order.push('microtask after it'));
      process.nextTick(() => {
        order.push('tick');
        queueMicrotask(() => order.push('microtask of a tick'));
      });
      drain();
      order.push('drained');
      resolve();
    });
  });
  assert.deepEqual(order, [
    'tick',
    'microtask',
    'microtask of a tick',
    'microtask after it',
    'tick of a microtask',
    'drained',
  ]);
});

void it('an unhandled rejection is reported before the next event', async () => {
  const seen: unknown[] = [];
  const others = process.rawListeners('unhandledRejection') as (() => void)[];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => seen.push(error));
  try {
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        void Promise.reject(new Error('nobody listens'));
        drain();
        resolve();
      });
    });
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  assert.equal(seen.length, 1);
});
