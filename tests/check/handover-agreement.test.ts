/** The verdict on handing over agrees with brute force. `npm run evidence -- --only agreement` for many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkEvents } from '../../harness/check/check.ts';
import { stories } from '../../harness/testing/stories.ts';
import { eventsOf } from '../../harness/testing/story-events.ts';
import type { LeaseStory, Story } from '../../harness/testing/story.ts';
import { casesOf, draws } from '../effort.ts';
import { keptWaitingOf, lostEarlyOf } from './brute-force-handover.ts';
import { endOf } from './brute-force-waiting.ts';

const HISTORIES = casesOf(3000);

const bounds = fc.record({ handover: fc.nat(3), recover: fc.nat(4) });

void test('which release frees nothing, and who is kept waiting after one, is found exactly', () => {
  const seen = { lost: 0, kept: 0 };
  fc.assert(
    fc.property(
      fc.oneof(stories({ fences: false, modes: true, deadlines: true }, 5, 2), calm()),
      bounds,
      (story, bound) => {
        const { findings } = checkEvents(
          { handoverNs: bound.handover, recoverNs: bound.recover },
          eventsOf(story),
          'handover',
        );
        const lost = lostEarlyOf(story, bound);
        const kept = keptWaitingOf(story, bound, endOf(story));
        seen.lost += lost.length;
        seen.kept += kept.length;
        const told = (many: readonly string[]): string[] => many.toSorted();
        assert.deepEqual(told(findings.map(({ leases: [first = ''] }) => first)), told([...lost, ...kept]));
      },
    ),
    draws(HISTORIES),
  );
  assert.ok(seen.lost > HISTORIES / 200 && seen.kept > HISTORIES / 200, JSON.stringify(seen));
});

void test('a release called before its own grant takes nothing from the count of who else may have had it', () => {
  const story: Story = {
    leases: [
      {
        ...untouched('L0', 0),
        acquire: granted(2, 4, undefined),
        release: { called: 2, returned: 2, outcome: 'released' },
      },
      { ...untouched('L1', 1), acquire: granted(2, 3, 4), release: { called: 3, returned: 3, outcome: 'lost' } },
      {
        ...untouched('L2', 2),
        acquire: granted(3, 3, undefined),
        release: { called: 3, returned: 3, outcome: 'released' },
      },
    ],
    standstills: [],
    uses: [],
  };
  const { findings } = checkEvents({ handoverNs: 100, recoverNs: 0 }, eventsOf(story), 'handover');
  assert.deepEqual(findings, []);
});

const untouched = (id: string, worker: number): Omit<LeaseStory, 'acquire' | 'release'> => ({
  ...{ id, worker, shared: false, owner: undefined, renewals: [], probes: [] },
  ...{ lostAt: undefined, killedAt: undefined },
});

const granted = (called: number, returned: number, deadline: number | undefined): LeaseStory['acquire'] => ({
  ...{ called, returned, outcome: 'ok', fence: undefined, deadline, length: undefined },
});

/** Nobody is killed, gives up or loses anything: what random stories seldom show. */
function calm(): fc.Arbitrary<Story> {
  const lease = fc.record({
    called: fc.nat(16),
    waits: fc.nat(8),
    holds: fc.nat(4),
    length: fc.integer({ min: 4, max: 20 }),
    outcome: fc.constantFrom('released', 'released', 'released', 'lost'),
  });
  return fc.array(lease, { minLength: 1, maxLength: 4 }).map((leases) => ({
    leases: leases.map(({ called, waits, holds, length, outcome }, index) => {
      const returned = called + waits;
      return {
        ...{ id: `L${index}`, worker: index, shared: false, owner: undefined, renewals: [], probes: [] },
        acquire: { called, returned, outcome: 'ok', fence: undefined, deadline: returned + length, length },
        ...{ lostAt: undefined, killedAt: undefined },
        release: { called: returned + holds, returned: returned + holds + 1, outcome: outcome as 'released' },
      };
    }),
    standstills: [],
    uses: [],
  }));
}
