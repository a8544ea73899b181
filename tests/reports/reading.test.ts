import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell } from '../../harness/report/report.ts';
import {
  evidence,
  observationOf,
  standingOf,
  summaryBesideStory,
  triesOf,
  upperBound,
  untestedOf,
  type Standing,
} from '../../reports/reading.ts';
import { duration, milliseconds, percentAtMost } from '../../reports/wording.ts';
import { cell, inconclusive, lockReport } from './fixtures.ts';
import { pauseWitness } from './pause-witness.ts';

test('the bound is the probability at which seeing nothing would be a one-in-twenty chance', () => {
  for (const tries of [1, 2, 10, 59, 214, 5000]) {
    assert.ok(Math.abs((1 - upperBound(tries)) ** tries - 0.05) < 1e-9);
  }
  assert.equal(upperBound(0), 1, 'without a try nothing is known');
  assert.ok(Math.abs(upperBound(1000) - 3 / 1000) < 1e-4, 'the rule of three');
});

test('evidence names the tries and a bound that is never rounded down', () => {
  assert.equal(evidence(cell('exclusion', 'reset', { faultsBitten: 214 })), '0 of 214, below 1.4 %');
  assert.equal(evidence(cell('exclusion', 'none', { runs: 12 })), '0 of 12, below 23 %');
  assert.equal(percentAtMost(0.0139), '1.4 %');
  assert.equal(percentAtMost(0.0141), '1.5 %');
  assert.equal(percentAtMost(0.0006), '0.06 %');
});

test('a fault that was applied but never bit is no try', () => {
  const idle = cell('exclusion', 'clock-jump', {
    faultsApplied: 18,
    faultsBitten: 0,
    runs: 6,
    verdict: 'inconclusive',
  });
  assert.equal(triesOf(idle), 0);
  assert.equal(evidence(idle), 'no fault bit in 6 runs');
});

function standingWith(override: Partial<Cell>): Standing {
  return standingOf(cell('exclusion', 'reset', override));
}

test('claim, verdict and exemption together make the standing', () => {
  assert.equal(standingWith({}), 'holds');
  assert.equal(standingWith({ claim: 'unavailable' }), 'holds');
  assert.equal(standingWith({ claim: 'unavailable', verdict: 'violated' }), 'violated');
  assert.equal(standingWith({ exempt: true, verdict: 'violated' }), 'violated');
  assert.equal(standingWith({ verdict: 'inconclusive' }), 'inconclusive');
  assert.equal(standingWith({ verdict: 'inconclusive', exempt: true }), 'not-judged');
  assert.equal(standingWith({ claim: 'not-promised', verdict: 'violated' }), 'not-promised');
  assert.equal(standingWith({ claim: 'not-applicable', verdict: 'inconclusive' }), 'not-applicable');
});

test('what was not tested is told once for each reason, what counts first', () => {
  const [lock = lockReport()] = inconclusive().locks;
  assert.deepEqual(
    untestedOf(lock).map(({ standing, what }) => `${standing}: ${what}`),
    [
      'inconclusive: clock-jump',
      'not-judged: server-pause, server-crash, server-crash-volatile',
      'not-testable: failover',
      'not-testable: minority-partition, majority-partition',
    ],
  );
});

test('a reason that concerns one property names it', () => {
  const cells = [cell('fencing', 'none'), cell('exclusion', 'latency', { verdict: 'inconclusive', note: 'a stall' })];
  assert.deepEqual(untestedOf(lockReport({ cells, notTestable: [] })), [
    { standing: 'inconclusive', what: 'exclusion under latency', reason: 'a stall' },
  ]);
});

test('numbers are short and keep their unit', () => {
  assert.equal(duration(850), '850 ms');
  assert.equal(duration(4_200), '4.2 s');
  assert.equal(duration(59_960), '1 min 00 s');
  assert.equal(duration(185_000), '3 min 05 s');
  assert.equal(duration(4_320_000), '1 h 12 min');
  assert.deepEqual([0.414, 12.34, 1204.4].map(milliseconds), ['0.41', '12.3', '1,204']);
});

function seen(override: Partial<Cell>): string | undefined {
  return observationOf(cell('no-lost-update', 'client-pause', override));
}

test('harm that nobody promised to prevent is an observation, whatever the verdict', () => {
  assert.equal(seen({}), undefined);
  assert.equal(seen({ note: '2 updates lost' }), '2 updates lost');
  assert.equal(seen({ claim: 'not-promised', note: '2 updates lost' }), '2 updates lost');
  assert.equal(seen({ claim: 'not-promised', verdict: 'violated' }), 'it broke');
  assert.equal(seen({ claim: 'not-promised', verdict: 'violated', witness: pauseWitness }), pauseWitness.summary);
  assert.equal(seen({ verdict: 'violated', note: 'told as a violation' }), undefined);
  assert.equal(seen({ verdict: 'inconclusive', note: 'not run' }), undefined);
});

test('what cannot be tested here is told once, though its cells say it too', () => {
  const reason = 'the clock of a Go server cannot be moved';
  const cells = [
    cell('exclusion', 'reset'),
    cell('exclusion', 'clock-jump', { verdict: 'inconclusive', exempt: true, note: reason }),
  ];
  assert.deepEqual(untestedOf(lockReport({ cells, notTestable: [{ hazard: 'clock-jump', reason }] })), [
    { standing: 'not-testable', what: 'clock-jump', reason },
  ]);
});

test('a summary that the story tells already is not told twice', () => {
  assert.equal(summaryBesideStory(pauseWitness), pauseWitness.summary);
  assert.equal(
    summaryBesideStory({
      ...pauseWitness,
      story: [...pauseWitness.story.slice(1), `1.489 s  ${pauseWitness.summary}`],
    }),
    undefined,
  );
});
