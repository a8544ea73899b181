import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalIn } from '../../harness/base/refusal.ts';

const WORDS = "NOPERM this user has no permissions to run the 'eval' command";

void test("a refusal is told in the server's own words, however deep it lies", () => {
  const cause = new AggregateError([new Error('closed'), new Error(WORDS)]);
  assert.equal(refusalIn(new Error('the backend is unavailable', { cause })), WORDS);
});

void test('what a lock says of itself is no refusal of a server', () => {
  for (const message of ['LOCK_TIMEOUT', 'no answer to the request', 'ERR wrong number of arguments'])
    assert.equal(refusalIn(new Error(message)), undefined);
});

void test('an error that is its own cause is looked at and left', () => {
  const error = new Error('round');
  error.cause = error;
  assert.equal(refusalIn(error), undefined);
});
