/** What people are told of a finding is what happened in that history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../harness/check/verdict.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';
import { witnessOf } from '../../harness/verdict/story.ts';
import { smallPlan } from './small-plan.ts';

const finding: Finding = {
  ...{ kind: 'violation', property: 'exclusion', key: 'a', leases: ['l1'], at: 2_000_000 },
  ...{ summary: 'two at once', witness: [] },
};
const plan = { ...smallPlan(['none']), clockSkew: 0.004 };
const clocks: HistoryEvent = { type: 'info', process: 'harness', f: 'clocks', value: { skew: 0.004 }, time: 0 };

test('a story tells of clocks that run unequally where they did, whatever the plan asked for', () => {
  const told = (events: readonly HistoryEvent[]): boolean =>
    witnessOf(plan, events, finding, []).story.some((line) => line.includes('clocks of the machines run up to 0.4 %'));
  assert.equal(told([clocks]), true);
  assert.equal(told([]), false, 'real servers run with the clocks that they have');
});
