import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lockHistoryOf } from '../../harness/check/lock-history.ts';
import { longestWait, waitsOf } from '../../harness/check/waits.ts';
import { historyOf } from '../../harness/history/read.ts';
import { stories } from '../../harness/testing/stories.ts';
import { eventsOf } from '../../harness/testing/story-events.ts';

const HISTORIES = Number(process.env['HISTORIES'] ?? 3000);

test('the longest wait, found by times alone, is that of the waits told one by one', () => {
  let waited = 0;
  fc.assert(
    fc.property(stories({ fences: false, modes: true, deadlines: true }, 6, 2), (story) => {
      const history = lockHistoryOf(historyOf(eventsOf(story)));
      for (const leases of history.byKey.values()) {
        const longest = Math.max(0, ...waitsOf(history, leases).map(({ length }) => length));
        assert.equal(longestWait(history, leases), longest);
        if (longest > 0) waited += 1;
      }
    }),
    { numRuns: HISTORIES },
  );
  assert.ok(waited > HISTORIES / 10, `somebody waited in ${waited} of ${HISTORIES} histories`);
});
