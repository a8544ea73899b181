import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCall } from '../../harness/run/unfinished.ts';
import { LIVES_APART } from '../../harness/subject/client.ts';
import { clientsOf } from '../../harness/plan/plan.ts';
import { smallPlan } from '../verdict/small-plan.ts';

const plan = smallPlan(['none']);
const call = (type: 'invoke' | 'ok', process: number, lease: string) => ({
  ...{ type, process, f: 'acquire', key: 'a', value: { lease }, time: 1 },
});

test('a call without an answer is the one that never came back', () => {
  const events = [call('invoke', 0, 'x'), call('ok', 0, 'x'), call('invoke', 0, 'y'), call('invoke', 1, 'z')];
  assert.equal(openCall(plan, 0, events)?.lease, 'y');
});

test('what a process was at when it was killed is not what the next one is at', () => {
  const next = clientsOf(plan) * LIVES_APART;
  assert.equal(
    openCall(plan, 0, [call('invoke', 0, 'x'), call('invoke', next, 'y'), call('ok', next, 'y')]),
    undefined,
  );
});

test('a worker that is at nothing of the lock has no such call', () => {
  assert.equal(openCall(plan, 0, []), undefined);
});
