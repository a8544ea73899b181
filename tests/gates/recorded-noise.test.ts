/**
 * The gate on noise as it was recorded: `redis-basic` twice and a slowed `redis-basic` in 28 turns of two seconds, on two
 * cores that had a load of nine (each stretch: cycles per second, acquire p50 and p99 in ms). A quiet machine is easier.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gateOf, INTERLEAVED_LIMITS, isSettled, judgeChanges, LOOKS } from '../../harness/gates/change.ts';
import type { Round } from '../../harness/report/load.ts';
import { Random } from '../../harness/base/random.ts';
import { round } from './load-fixture.ts';

type Stretch = readonly [throughput: number, p50: number, p99: number];
interface Turn {
  readonly baseline: Stretch;
  readonly same: Stretch;
  readonly slowed: Stretch;
}
const RECORDED = JSON.parse(readFileSync(new URL('recorded-noise.json', import.meta.url), 'utf8')) as readonly Turn[];

const TRIALS = 400;
/** Consecutive turns stay together, for noise lasts. */
const BLOCK = 4;
const MOST = LOOKS.at(-1) ?? 0;

const roundOf = ([throughput, p50, p99]: Stretch, index: number, slower = 1): Round => {
  const base = round(index, throughput / slower);
  return { ...base, acquire: { ...base.acquire, p50: p50 * slower, p99: p99 * slower } };
};

/** Turns drawn from the recording in blocks, until there are as many as the last look wants. */
function drawTurns(random: Random): Turn[] {
  const turns: Turn[] = [];
  while (turns.length < MOST) {
    const from = random.whole(0, RECORDED.length - 1);
    for (let index = 0; index < BLOCK; index++) {
      const turn = RECORDED[(from + index) % RECORDED.length];
      if (turn !== undefined) turns.push(turn);
    }
  }
  return turns.slice(0, MOST);
}

/** What `compare` says at its defaults, and after how many rounds. */
function gate(before: readonly Round[], after: readonly Round[]): { verdict: string; rounds: number } {
  const judging = { paired: true, limits: INTERLEAVED_LIMITS, looks: LOOKS.length };
  for (const rounds of LOOKS) {
    const changes = judgeChanges(before.slice(0, rounds), { label: 'lock', rounds: after.slice(0, rounds) }, judging);
    if (isSettled(changes, INTERLEAVED_LIMITS) || rounds === MOST) return { verdict: gateOf(changes), rounds };
  }
  throw new Error('there is a last look');
}

function trials(pair: (turn: Turn, index: number, swapped: boolean) => readonly [Round, Round]): {
  readonly regressed: number;
  readonly rounds: number;
} {
  const random = new Random(20_261_121);
  let [regressed, rounds] = [0, 0];
  for (let trial = 0; trial < TRIALS; trial++) {
    const pairs = drawTurns(random).map((turn, index) => pair(turn, index, random.unit() < 0.5));
    const outcome = gate(
      pairs.map(([before]) => before),
      pairs.map(([, after]) => after),
    );
    if (outcome.verdict === 'regressed') regressed++;
    rounds += outcome.rounds;
  }
  return { regressed: regressed / TRIALS, rounds: rounds / TRIALS };
}

/** Which of the two came first in a turn was drawn by lot; here it is drawn again. */
const twice =
  (slower: number) =>
  ({ baseline, same }: Turn, index: number, swapped: boolean): readonly [Round, Round] => {
    const [before, after] = swapped ? [same, baseline] : [baseline, same];
    return [roundOf(before, index), roundOf(after, index, slower)];
  };

void test('a lock measured twice is called slower at most once in twenty', () => {
  const { regressed } = trials(twice(1));
  assert.ok(regressed <= 0.05, String(regressed));
});

void test('a lock slowed by 20 % is called slower at least nineteen times in twenty', () => {
  const { regressed } = trials(twice(1.25));
  assert.ok(regressed >= 0.95, String(regressed));
});

void test('a lock that really idled on the processor is called slower at least nineteen times in twenty', () => {
  const { regressed } = trials(({ baseline, slowed }, index) => [roundOf(baseline, index), roundOf(slowed, index)]);
  assert.ok(regressed >= 0.95, String(regressed));
});
