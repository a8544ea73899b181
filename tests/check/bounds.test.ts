import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEvents, checkHistory } from '../../harness/check/check.ts';
import { MAX_FINDINGS } from '../../harness/check/findings.ts';
import { historyOf } from '../../harness/history/read.ts';
import type { HistoryEvent } from '../../harness/history/events.ts';

/** A lease that nothing ends, and so many that were granted in spite of it. */
function overlaps(count: number): HistoryEvent[] {
  return Array.from({ length: count + 1 }, (_, process): HistoryEvent[] => {
    const value = { lease: `L${process}` };
    return [
      { type: 'invoke', process, f: 'acquire', value, time: process * 10 },
      { type: 'ok', process, f: 'acquire', value, time: process * 10 + 5 },
    ];
  }).flat();
}

void test('all violations are counted, and the earliest are told', () => {
  const count = MAX_FINDINGS * 30;
  const { findings, counts } = checkEvents({}, overlaps(count).toReversed(), 'lock');
  assert.equal(counts['overlaps'], count);
  assert.deepEqual(
    findings.map(({ at }) => at),
    Array.from({ length: MAX_FINDINGS }, (_, index) => (index + 1) * 10 + 5),
  );
});

/** Writes that all overlap, of values never read: every order has to be tried. */
function concurrentWrites(count: number): HistoryEvent[] {
  const writes = Array.from({ length: count }, (_, process): HistoryEvent[] => [
    { type: 'invoke', process, f: 'write', value: process, time: 0 },
    { type: 'ok', process, f: 'write', time: 100 },
  ]);
  const read: HistoryEvent[] = [
    { type: 'invoke', process: count, f: 'read', time: 200 },
    { type: 'ok', process: count, f: 'read', value: -1, time: 201 },
  ];
  return [...writes.flat(), ...read];
}

void test('a search that would remember too much answers "unknown", and says why', () => {
  const verdict = checkHistory(historyOf(concurrentWrites(40)), 'register', { configurations: 1000 });
  assert.equal(verdict.valid, 'unknown');
  assert.match(verdict.reason ?? '', /more than 1000 configurations/);
});

void test('a search that would take too long answers "unknown", and says why', () => {
  const verdict = checkHistory(historyOf(concurrentWrites(40)), 'register', { timeMs: 0 });
  assert.equal(verdict.valid, 'unknown');
  assert.match(verdict.reason ?? '', /time/);
});

void test('a violation of one key is found although another key is undecided', () => {
  const undecided = concurrentWrites(40).map((event) => ({ ...event, key: 'b' }));
  const wrong: HistoryEvent[] = [
    { type: 'invoke', process: 99, f: 'read', key: 'a', time: 0 },
    { type: 'ok', process: 99, f: 'read', key: 'a', value: 1, time: 1 },
  ];
  const verdict = checkHistory(historyOf([...undecided, ...wrong]), 'register', { configurations: 1000 });
  assert.equal(verdict.valid, false);
  assert.deepEqual(
    verdict.findings.map(({ key }) => key),
    ['a'],
  );
});
