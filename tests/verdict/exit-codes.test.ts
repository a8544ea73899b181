import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conclude, conclusionOf, EXIT, exitCodeOf, worst, type ExitCode } from '../../harness/verdict/exit-codes.ts';
import { cell } from '../reports/fixtures.ts';

const STRICT = { requireAll: true };
const USUAL = { requireAll: false };

void test('where several apply: 130, 5, 2, 1, 3, 4, 0', () => {
  const order: readonly ExitCode[] = [130, 5, 2, 1, 3, 4, 0];
  assert.deepEqual(new Set(order), new Set(Object.values(EXIT)));
  for (const [place, code] of order.entries()) {
    for (const other of order.slice(place))
      assert.deepEqual([worst([code, other]), worst([other, code])], [code, code]);
  }
  assert.equal(worst([]), EXIT.ok);
});

void describe('the exit code of a lock', () => {
  const holds = cell('exclusion', 'none');
  const open = cell('exclusion', 'latency', { verdict: 'inconclusive' });
  const exempt = cell('exclusion', 'clock-jump', { verdict: 'inconclusive', exempt: true });

  void test('is 1 where a claim, or the safety that `unavailable` promises, is violated', () => {
    for (const claim of ['holds', 'unavailable'] as const) {
      const broken = cell('fencing', 'none', { claim, verdict: 'violated', violations: 1 });
      assert.equal(exitCodeOf({ cells: [holds, open, broken] }, USUAL), EXIT.violated);
      const exemptToo = { ...broken, exempt: true };
      assert.equal(exitCodeOf({ cells: [exemptToo] }, USUAL), EXIT.violated, 'also off the list of the profile');
    }
  });

  void test('is 0 where only what was not promised is violated, or was not exercised', () => {
    const cells = (['violated', 'inconclusive'] as const).map((verdict) =>
      cell('no-lost-update', 'client-pause', { claim: 'not-promised', verdict }),
    );
    assert.equal(exitCodeOf({ cells: [holds, ...cells] }, STRICT), EXIT.ok);
  });

  void test('is 4 where a listed claim was not exercised', () => {
    assert.equal(exitCodeOf({ cells: [holds, open] }, USUAL), EXIT.inconclusive);
    assert.equal(exitCodeOf({ cells: [{ ...open, claim: 'unavailable' }] }, USUAL), EXIT.inconclusive);
  });

  void test('does not count what is exempt, unless all is required', () => {
    assert.equal(exitCodeOf({ cells: [holds, exempt] }, USUAL), EXIT.ok);
    assert.equal(exitCodeOf({ cells: [holds, exempt] }, STRICT), EXIT.inconclusive);
  });

  void test('is explained by a sentence that counts what it counted', () => {
    const unavailable = { ...open, claim: 'unavailable' as const };
    const locks = [{ name: 'mine', cells: [holds, unavailable, exempt] }];
    assert.match(conclusionOf(EXIT.inconclusive, locks, USUAL), /\b1 claim was not exercised/);
    assert.match(conclusionOf(EXIT.inconclusive, locks, STRICT), /\b2 claims were not exercised/);
    assert.equal(conclusionOf(EXIT.ok, locks, USUAL), 'mine: every claim that was tested holds.');
  });

  void test('is explained by the lock that breaks a claim, not by those that keep theirs', () => {
    const broken = cell('fencing', 'reset', { verdict: 'violated', violations: 2 });
    const locks = [
      { name: 'good', cells: [holds] },
      { name: 'bad', cells: [holds, broken, { ...broken, hazard: 'none' }] },
    ];
    const sentence = 'bad breaks its own claim on fencing under reset and 1 more.';
    assert.equal(conclusionOf(EXIT.violated, locks, USUAL), sentence);
  });
});

void test('what no lock may do exits 1, whatever the lock claims, and the conclusion names it', () => {
  const breach = { kind: 'exit' as const, message: 'it ended', plans: 1, story: [], plan: 'p', replay: 'r' };
  const lock = { name: 'mine', cells: [], breaches: [breach] };
  const { exitCode, conclusion } = conclude([lock], { requireAll: false }, false);
  assert.equal(exitCode, EXIT.violated);
  assert.equal(conclusion, 'mine does what no lock may: it ended.');
});
