import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { gatherStrays, tallied } from '../../harness/conformance/strays.ts';

test('a rejection that a lock leaves to nobody is its own, also after its end, and never that of the next', async () => {
  // The test runner has a listener of its own, which would fail this test.
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const [first, second]: [unknown[], unknown[]] = [[], []];
  const told = new EventEmitter();
  const leave = async (message: string, laterMs: number): Promise<void> => {
    setTimeout(() => {
      void Promise.reject(new Error(message));
      setImmediate(() => told.emit(message));
    }, laterMs);
  };
  try {
    await gatherStrays(first, () => leave('late', 30));
    await gatherStrays(second, () => leave('early', 1));
    await once(told, 'late');
    assert.deepEqual(first.map(String), ['Error: late']);
    assert.deepEqual(second.map(String), ['Error: early']);
  } finally {
    for (const listener of others) process.on('unhandledRejection', listener);
  }
});

test('the same words are told once, with how often they came', () => {
  assert.equal(tallied(['a', 'b', 'a']), 'a (2 times); b');
});
