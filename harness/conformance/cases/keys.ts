/** Keys of every kind, and many of them. */
import assert from 'node:assert/strict';
import { InvalidKeyError, type Lease } from 'holdfast-locks';
import type { ConformanceCase } from '../case.ts';
import { assertBusy, granted, released } from '../expect.ts';

const MANY = 1000;
const LONG_MS = 120_000;

/** Names that a careless encoding would mix up, cut, or take for something else. */
const STRANGE = [
  ...['a', 'A', 'á', 'a ', ' a', 'a_', 'a%', 'a%2F', 'a/', 'a/b', 'a//b', '/a', 'a.', '../a', 'a-1', 'a-0000000001'],
  ...[
    'a{',
    '{a}',
    'a}b{',
    'a*',
    'a?',
    'a:b',
    'a:fence',
    'a\\b',
    'a"b',
    "a'b",
    'a;b',
    'a$b',
    'ﬀ',
    '锁',
    '🔒',
    '__proto__',
  ],
];
const FORBIDDEN = ['', '\u0000', 'a\u0000b', 'a\nb', '\u007f', 'x'.repeat(65_536)];

export const keyCases: readonly ConformanceCase[] = [
  {
    name: 'strange keys are locks of their own, or refused by name',
    async run(stage) {
      const { lock } = await stage.connect();
      const atOnce = stage.module.leasesAtOnce ?? Infinity;
      const held: Lease[] = [];
      for (const key of STRANGE) {
        try {
          held.push(await granted(lock, key, LONG_MS));
        } catch (error) {
          if (!(error instanceof InvalidKeyError)) throw error;
          continue;
        }
        await assertBusy(lock, key, LONG_MS);
        const first = held.length < atOnce ? undefined : held.shift();
        if (first !== undefined) await released(first);
      }
      await Promise.all(held.map(released));
    },
  },
  {
    name: 'empty keys, control characters and 64 KiB are refused with InvalidKeyError, by every call',
    async run(stage) {
      const { lock } = await stage.connect();
      for (const key of FORBIDDEN) {
        await assert.rejects(lock.acquire(key), InvalidKeyError);
        await assert.rejects(lock.tryAcquire(key), InvalidKeyError);
        await assert.rejects(
          lock.using(key, {}, async () => undefined),
          InvalidKeyError,
        );
      }
    },
  },
  {
    name: `${MANY} keys at once`,
    alone: true,
    async run(stage) {
      // A thousand at once keep a busy machine busy: what is late is not lost.
      const { lock } = await stage.connect({ options: { commandTimeoutMs: 10_000 } });
      const keys = Array.from({ length: MANY }, (_, index) => stage.key(`many-${index}`));
      const atOnce = stage.module.leasesAtOnce ?? MANY;
      for (let from = 0; from < MANY; from += atOnce) {
        const some = keys.slice(from, from + atOnce);
        const acquireAll = (): Promise<Lease[]> =>
          Promise.all(some.map((key) => lock.acquire(key, { leaseMs: LONG_MS, timeoutMs: LONG_MS / 2 })));
        const leases = await acquireAll();
        await Promise.all(leases.map(released));
        // One whose answer was late was released all the same: every key is free long before its lease would end.
        const again = await acquireAll();
        await Promise.all(again.map((lease) => lease.release()));
      }
    },
  },
];
