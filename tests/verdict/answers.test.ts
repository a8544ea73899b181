import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Answers, refusalOf } from '../../harness/verdict/answers.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';

const answer = (type: 'ok' | 'fail', error?: HistoryEvent['error']): HistoryEvent => ({
  ...{ type, process: 0, f: 'acquire' },
  ...(error === undefined ? {} : { error }),
});
const READONLY = answer('fail', { code: 'LOCK_BACKEND_UNAVAILABLE', refused: 'READONLY replica' });

void test('a lock that was never granted is told with the commonest error', () => {
  const answers = new Answers();
  const events = ['A', 'B', 'B'].map((code) => answer('fail', { code }));
  answers.add({ events, increments: 0 });
  assert.equal(answers.nothingGranted, 'the lock was never granted: 2 of 3 acquires were rejected with B');
  answers.add({ events: [answer('ok')], increments: 0 });
  assert.equal(answers.nothingGranted, undefined);
});

void test('a refusal ends the run where no fault can have caused it, or nothing else was answered', () => {
  assert.equal(refusalOf([answer('ok'), READONLY], false), 'the server refuses: READONLY replica (1 of 2 acquires)');
  assert.equal(refusalOf([answer('ok'), READONLY], true), undefined);
  assert.equal(refusalOf([READONLY], true), 'the server refuses: READONLY replica (1 of 1 acquires)');
  assert.equal(refusalOf([answer('ok')], false), undefined);
});
