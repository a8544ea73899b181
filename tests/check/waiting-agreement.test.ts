/** The verdicts on fairness, reentrancy and sharing agree with brute force. `npm run evidence -- --only agreement` for many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkEvents } from '../../harness/check/check.ts';
import type { Verdict } from '../../harness/check/verdict.ts';
import { casesOf, draws } from '../effort.ts';
import { bypassedOf, keptApartOf, mixes, refusedOwnersOf, starvedOf, type Bounds } from './brute-force-waiting.ts';
import { stories } from '../../harness/testing/stories.ts';
import type { Story } from '../../harness/testing/story.ts';
import { eventsOf } from '../../harness/testing/story-events.ts';

const HISTORIES = casesOf(3000);

const bounds = fc.record({ allowance: fc.nat(3), bypass: fc.nat(1) });

function agree(
  model: 'fairness' | 'reentrancy' | 'sharing',
  expected: (story: Story, bounds: Bounds) => unknown,
): void {
  const illegal = { seen: 0 };
  // More of them side by side than the lock allows, so that they wait, and overtake each other.
  const crowds = fc.oneof(stories({ fences: false, modes: true, deadlines: true }, 6, 2), queues());
  fc.assert(
    fc.property(crowds, bounds, (story, { allowance, bypass }) => {
      const verdict = checkEvents({ allowanceNs: allowance, bypass }, eventsOf(story), model);
      if (verdict.valid === false) illegal.seen += 1;
      assert.deepEqual(found(verdict, story), expected(story, { allowance, bypass }));
    }),
    draws(HISTORIES),
  );
  assert.ok(illegal.seen > HISTORIES / 100 && illegal.seen < HISTORIES, `${illegal.seen} of ${HISTORIES} were illegal`);
}

/** Long waits and few deadlines: what random stories seldom show. */
function queues(): fc.Arbitrary<Story> {
  const lease = fc.record({
    called: fc.nat(12),
    waits: fc.nat(14),
    holds: fc.nat(6),
    outcome: fc.constantFrom('ok', 'ok', 'ok', 'fail', 'info'),
    shared: fc.boolean(),
    owner: fc.constantFrom(undefined, undefined, 'x'),
    killed: fc.constantFrom(undefined, undefined, undefined, undefined, 4),
    released: fc.constantFrom('released', 'released', 'released', 'lost', 'unknown', 'none'),
  });
  const standstill = fc.record({ worker: fc.nat(5), from: fc.nat(24), length: fc.nat(4) });
  return fc
    .record({ leases: fc.array(lease, { minLength: 2, maxLength: 6 }), still: fc.array(standstill, { maxLength: 1 }) })
    .map(({ leases, still }) => ({
      leases: leases.map((one, index) => {
        const returned = one.called + one.waits;
        const letGo = returned + one.holds;
        const release = { called: letGo, returned: letGo + 1 };
        return {
          id: `L${index}`,
          worker: index,
          shared: one.shared,
          owner: one.owner,
          acquire: {
            called: one.called,
            returned,
            outcome: one.outcome as 'ok',
            fence: undefined,
            deadline: undefined,
          },
          renewals: [],
          probes: [],
          lostAt: undefined,
          killedAt: one.killed === undefined || one.released !== 'none' ? undefined : returned + one.killed - 2,
          release: one.released === 'none' ? undefined : { ...release, outcome: one.released as 'released' },
        };
      }),
      standstills: still.map(({ worker, from, length }) => ({
        worker,
        from,
        to: from + length,
        kind: 'stall' as const,
      })),
      uses: [],
    }));
}

/** The leases that each kind of finding is about, in the order of the story. */
function found(verdict: Verdict, { leases }: Story): unknown {
  const about = (of: readonly string[]): string[] => leases.map(({ id }) => id).filter((id) => of.includes(id));
  const first = verdict.findings.map((finding) => finding.leases[0] ?? '');
  if (verdict.model === 'fairness') return about(first);
  if (verdict.model === 'reentrancy') return about(verdict.findings.map((finding) => finding.leases[1] ?? ''));
  const of = (part: string): string[] =>
    about(verdict.findings.filter(({ summary }) => summary.includes(part)).map((finding) => finding.leases[0] ?? ''));
  return { mixed: (verdict.counts['mixed'] ?? 0) > 0, apart: of('was not let in'), starved: of('who asked later') };
}

void test('fairness: who was bypassed is found exactly', () => {
  agree('fairness', bypassedOf);
});

void test('reentrancy: who was kept out of its own lock is found exactly', () => {
  agree('reentrancy', refusedOwnersOf);
});

void test('sharing: who was let in beside a writer, kept apart or starved is found exactly', () => {
  agree('sharing', (story, limits) => {
    if (!story.leases.some(({ shared }) => shared)) return { mixed: false, apart: [], starved: [] };
    return { mixed: mixes(story), apart: keptApartOf(story, limits), starved: starvedOf(story, limits) };
  });
});
