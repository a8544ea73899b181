import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturbanceBetween, type Look } from '../../harness/run/vigil.ts';

const BEFORE: Look = { monotonic: 1000, wall: 50_000, cpu: 10 };
const after = (passed: number, cpu = 0, step = 0): Look => ({
  ...{ monotonic: BEFORE.monotonic + passed, wall: BEFORE.wall + passed + step, cpu: BEFORE.cpu + cpu },
});

void test('a process that was stopped knows it by the time that passed', () => {
  assert.match(disturbanceBetween(BEFORE, after(4100)) ?? '', /stopped for 4000 ms/);
});

void test('a process that worked all the time was not stopped', () => {
  assert.equal(disturbanceBetween(BEFORE, after(4100, 3500)), undefined);
});

void test('a wall clock that was set is told from one that is slewed', () => {
  assert.match(disturbanceBetween(BEFORE, after(100, 1, -5000)) ?? '', /set by -5000 ms/);
  assert.equal(disturbanceBetween(BEFORE, after(100, 1, 20)), undefined);
});
