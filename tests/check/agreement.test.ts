/** The checkers agree with brute force on random small histories. `npm run evidence -- --only agreement` for many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkEvents } from '../../harness/check/check.ts';
import { limitOf, linearize } from '../../harness/check/linearize.ts';
import { casesOf, draws } from '../effort.ts';
import { beliefIsLegal, lostUpdatesOf, serviceIsLegal } from './brute-force.ts';
import { grantsAndEnds, lockModel } from './lock-as-sequence.ts';
import { crowdedStories } from './crowded-stories.ts';
import { stories } from '../../harness/testing/stories.ts';
import type { Story } from '../../harness/testing/story.ts';
import { eventsOf } from '../../harness/testing/story-events.ts';

const HISTORIES = casesOf(3000);

function agree(from: fc.Arbitrary<Story>, verdictsOf: (story: Story) => readonly [unknown, unknown]): void {
  const illegal = { seen: 0 };
  fc.assert(
    fc.property(from, (story) => {
      const [checked, expected] = verdictsOf(story);
      if (expected !== true) illegal.seen += 1;
      assert.deepEqual(checked, expected);
    }),
    draws(HISTORIES),
  );
  assert.ok(illegal.seen > HISTORIES / 50 && illegal.seen < HISTORIES, `${illegal.seen} of ${HISTORIES} were illegal`);
}

/** Without anything to judge a verdict is `unknown`, where brute force finds an empty history legal. */
const legal = (valid: boolean | 'unknown'): boolean => valid !== false;

function judgeFences(story: Story): readonly [unknown, unknown] {
  const verdict = checkEvents({}, eventsOf(story), 'lock');
  const overlap = verdict.findings.some(({ property }) => property === 'exclusion');
  assert.equal(overlap, !serviceIsLegal(story.leases, false), 'exclusion is judged apart from tokens');
  return [legal(verdict.valid), serviceIsLegal(story.leases, true)];
}

for (const permits of [2, 3]) {
  void test(`semaphore: an order of grants with at most ${permits} at once exists exactly when the checker says so`, () => {
    agree(stories({ fences: false, modes: false, deadlines: true }, 6, 2), (story) => {
      const verdict = checkEvents({ permits }, eventsOf(story), 'semaphore');
      return [legal(verdict.valid), serviceIsLegal(story.leases, false, permits)];
    });
  });
}

void test('general: the general search finds an order of grants and ends exactly when the checker of locks does', () => {
  agree(stories({ fences: false, modes: true, deadlines: true }), (story) => {
    const verdict = checkEvents({}, eventsOf(story), 'lock');
    const general = linearize(lockModel(story.leases), grantsAndEnds(story.leases), limitOf({}));
    assert.equal(general.kind === 'legal', serviceIsLegal(story.leases, false));
    return [legal(verdict.valid), general.kind === 'legal'];
  });
});

for (const modes of [false, true]) {
  const of = modes ? 'shared leases and owners' : 'exclusive leases';
  for (const deadlines of [false, true]) {
    const how = `${of}, ${deadlines ? 'some with a deadline' : 'without deadlines'}`;
    void test(`service: ${how}: an order of grants exists exactly when the checker says so`, () => {
      agree(stories({ fences: false, modes, deadlines }), (story) => {
        const verdict = checkEvents({}, eventsOf(story), 'lock');
        return [legal(verdict.valid), serviceIsLegal(story.leases, false)];
      });
    });
    void test(`fences: ${how}: an order along which tokens rise exists exactly when the checker says so`, () => {
      agree(stories({ fences: true, modes, deadlines }), (story) => {
        return judgeFences(story);
      });
    });
    void test(`belief: ${how}: two rivals believe at one moment exactly when the checker says so`, () => {
      agree(stories({ fences: false, modes, deadlines }), (story) => {
        const verdict = checkEvents({}, eventsOf(story), 'belief');
        return [legal(verdict.valid), beliefIsLegal(story)];
      });
    });
  }
  void test(`fences: ${of}, many granted dead: an order along which tokens rise exists exactly when the checker says so`, () => {
    agree(crowdedStories(modes), judgeFences);
  });
  void test(`damage: ${of}: each lost update is found, and charged to the lock exactly when both writes were in time`, () => {
    agree(stories({ fences: false, modes, deadlines: true }), (story) => {
      const verdict = checkEvents({}, eventsOf(story), 'resource');
      const charged = verdict.findings.filter(({ property }) => property === 'no-lost-update');
      const expected = lostUpdatesOf(story);
      const found = charged.map(({ kind }) => (kind === 'violation' ? 'lock' : 'not the lock'));
      if (expected.length === 0) return [found.length === 0, true];
      return [found, expected];
    });
  });
}
