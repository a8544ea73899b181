/** Equal times: what is told may not depend on which line comes first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLock } from '../../harness/check/lock.ts';
import { lockHistoryOf } from '../../harness/check/lock-history.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { historyOf } from '../../harness/history/read.ts';

/** Granted at 2, released at 3; only one of them states a deadline, which had passed when it was granted. */
const events = (order: readonly number[]): HistoryEvent[] =>
  [2, 3].flatMap((time) =>
    order.flatMap((process): HistoryEvent[] => {
      const lease = { lease: `L${process}` };
      const value = time === 3 ? { ...lease, outcome: 'released' } : process === 0 ? { ...lease, deadline: 2 } : lease;
      const f = time === 2 ? 'acquire' : 'release';
      return [
        { type: 'invoke', process, f, key: 'k', value: lease, time },
        { type: 'ok', process, f, key: 'k', value, time },
      ];
    }),
  );

void test('of two leases that began together the same moment is told, whichever line comes first', () => {
  const told = [
    [0, 1],
    [1, 0],
  ].map((order) =>
    checkLock(lockHistoryOf(historyOf(events(order)))).findings.map(({ property, at }) => [property, at]),
  );
  assert.deepEqual(told, [[['exclusion', 3]], [['exclusion', 3]]]);
});
