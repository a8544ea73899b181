import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  gateOf,
  INTERLEAVED_LIMITS,
  isSettled,
  judgeChanges,
  leastRounds,
  LOOKS,
  STORED_LIMITS,
} from '../../harness/gates/change.ts';
import type { Round } from '../../harness/report/load.ts';
import { Random } from '../../harness/base/random.ts';
import { round } from './load-fixture.ts';

const rounds = (...throughputs: readonly number[]): Round[] => throughputs.map((value, index) => round(index, value));
const STEADY = [1000, 1010, 990, 1005, 995, 1002, 998];
const slowed = (share: number): Round[] => rounds(...STEADY.map((value) => value * (1 - share)));

const judge = (before: readonly Round[], after: readonly Round[], paired = true) =>
  judgeChanges(
    before,
    { label: 'lock', rounds: after },
    { paired, limits: paired ? INTERLEAVED_LIMITS : STORED_LIMITS, looks: 1 },
  );
const throughputOf = (...args: Parameters<typeof judge>) => judge(...args)[0];

void describe('against a baseline', () => {
  void test('a real loss that reaches the limit is a regression, a smaller one a warning, a trifle nothing', () => {
    const before = rounds(...STEADY);
    for (const [share, verdict] of [
      [0.2, 'regressed'],
      [0.11, 'regressed'],
      [0.07, 'warning'],
      [0.02, 'unchanged'],
      [0, 'unchanged'],
      [-0.02, 'unchanged'],
      [-0.3, 'improved'],
    ] as const) {
      const change = throughputOf(before, slowed(share));
      assert.equal(change?.verdict, verdict, String(share));
      assert.ok(Math.abs(change.loss - share) < 1e-9);
    }
    assert.equal(gateOf(judge(before, slowed(0.2))), 'regressed');
    assert.equal(gateOf(judge(before, slowed(0.07))), 'passed');
  });

  void test('what the rounds of a turn have in common is no noise when they took turns', () => {
    const drift = [1000, 500, 1500, 700, 1200, 400, 900];
    const before = rounds(...drift);
    const after = rounds(...drift.map((value) => value * 0.85));
    assert.equal(throughputOf(before, after)?.verdict, 'regressed');
    assert.notEqual(throughputOf(before, after, false)?.verdict, 'regressed');
  });

  void test('a loss within the noise is no regression, and noise that could hide one is inconclusive', () => {
    const before = rounds(1000, 600, 1400, 900, 1100, 500, 1500);
    const after = rounds(700, 1300, 600, 1200, 500, 1400, 800);
    const change = throughputOf(before, after);
    assert.equal(change?.verdict, 'inconclusive');
    assert.match(change.note ?? '', /the noise hides a loss of up to \d+ %/u);
    assert.equal(gateOf(judge(before, after)), 'inconclusive');
  });

  void test('too few rounds are inconclusive, never a pass', () => {
    const few = STEADY.slice(0, leastRounds(1) - 1);
    const change = throughputOf(rounds(...few), rounds(...few.map((value) => value / 2)));
    assert.deepEqual([change?.verdict, change?.lossLow], ['inconclusive', undefined]);
    assert.equal(gateOf([]), 'inconclusive');
    const enough = STEADY.slice(0, leastRounds(1));
    assert.equal(throughputOf(rounds(...enough), rounds(...enough.map((value) => value / 2)))?.verdict, 'regressed');
  });

  void test('the first look has rounds enough, and more are wanted until it is settled', () => {
    assert.ok((LOOKS[0] ?? 0) >= leastRounds(LOOKS.length));
    const before = rounds(...STEADY);
    assert.ok(isSettled(judge(before, before), INTERLEAVED_LIMITS));
    assert.ok(isSettled(judge(before, slowed(0.2)), INTERLEAVED_LIMITS));
    const noisy = rounds(1000, 700, 1300, 900, 1100, 800, 1200);
    assert.ok(!isSettled(judge(before, noisy), INTERLEAVED_LIMITS));
    assert.ok(!isSettled(judge(before, before.slice(0, 3)), INTERLEAVED_LIMITS));
  });

  void test('a longer wait is a loss, too', () => {
    const before = STEADY.map((value, index) => round(index, value, 8));
    const after = STEADY.map((value, index) => round(index, value, 10));
    assert.deepEqual(
      judge(before, after).map(({ metric, verdict }) => [metric, verdict]),
      [
        ['throughput', 'unchanged'],
        ['acquire p50', 'regressed'],
        ['acquire p99', 'regressed'],
      ],
    );
  });

  void test('a round in which nothing happened is no error', () => {
    const stuck = [...STEADY.slice(1), 0].map((value, index) => ({ ...round(index, 1), throughput: value }));
    assert.ok(judge(rounds(...STEADY), stuck).every(({ loss }) => Number.isFinite(loss)));
  });
});

void describe('whatever the noise', () => {
  const TRIALS = 2000;
  const heavyTailed = (random: Random): number => {
    const disturbed = random.unit() < 0.2 ? 0.4 + 0.6 * random.unit() : 1;
    return 1000 * disturbed * Math.exp(0.5 * (random.unit() + random.unit() - 1));
  };
  const shareOf = (verdict: (random: Random) => string): number => {
    const random = new Random(7);
    return Array.from({ length: TRIALS }, () => verdict(random)).filter((one) => one === 'regressed').length / TRIALS;
  };
  const draw = (random: Random): Round[] =>
    rounds(...Array.from({ length: 7 }, () => heavyTailed(random))).map((one) => ({
      ...one,
      acquire: { ...one.acquire, p50: heavyTailed(random), p99: heavyTailed(random) },
    }));

  void test('a lock is called slower than itself at most one time in twenty, all figures together', () => {
    for (const paired of [true, false])
      assert.ok(shareOf((random) => gateOf(judge(draw(random), draw(random), paired))) <= 0.05);
  });
});
