/** What a report says of plans that were not run, or not to their end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedMs } from '../../harness/faults/duration.ts';
import { Results } from '../../harness/run/results.ts';
import type { RunRequest } from '../../harness/run/request.ts';
import { lock as module } from '../../implementations/baseline/none.ts';
import { smallPlan } from '../verdict/small-plan.ts';

const request = {
  ...{ lock: { module, reference: 'none', url: '', options: {} }, topology: 'single', workers: 2, leaseMs: 600 },
  ...{ hazards: ['none', 'client-pause'], listed: ['none', 'client-pause'], folder: 'runs/x' },
  provisioner: { kind: 'native', reason: 'asked for' },
} as unknown as RunRequest;
const reported = (fill: (results: Results) => void) => {
  const results = new Results(request, {});
  fill(results);
  return results.report({ version: '1', settings: {} });
};

test('what there was no time for is told with its hazards, and with how long the whole plan takes', () => {
  const plan = { ...smallPlan(['client-pause']), leaseMs: 30_000, workMs: 90_000 };
  const { leftOut, cells } = reported((results) => results.leaveOut(plan, 'the clients that overstay'));
  const wouldTakeMs = Math.round(expectedMs(plan));
  assert.deepEqual(leftOut, [{ hazards: ['client-pause'], what: 'the clients that overstay', wouldTakeMs }]);
  const missed = cells.filter((cell) => cell.hazard === 'client-pause');
  assert.ok(missed.length > 0 && missed.every((cell) => cell.wouldTakeMs === wouldTakeMs));
});

test('a plan that was disturbed is told with each reason, and with whether it was judged in the end', () => {
  const { disturbed } = reported((results) => {
    results.disturbed(smallPlan(['none']), [], true);
    results.disturbed({ ...smallPlan(['none']), index: 1 }, ['no processor time for 1200 ms'], true);
    results.disturbed({ ...smallPlan(['client-pause']), index: 2 }, ['a', 'b', 'c'], false);
  });
  assert.deepEqual(disturbed, [
    { plan: 1, hazards: ['none'], reasons: ['no processor time for 1200 ms'], judged: true },
    { plan: 2, hazards: ['client-pause'], reasons: ['a', 'b', 'c'], judged: false },
  ]);
});

test('where everything was run undisturbed, the report has no word of either', () => {
  const report = reported(() => undefined);
  assert.ok(!('leftOut' in report) && !('disturbed' in report));
});
