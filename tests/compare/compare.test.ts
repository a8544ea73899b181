import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareEntries } from '../../harness/compare/compare.ts';
import type { Entry } from '../../harness/compare/entry.ts';
import { outcomeOf } from '../../harness/compare/outcome.ts';
import { INTERLEAVED_LIMITS, STORED_LIMITS } from '../../harness/gates/change.ts';
import { load } from '../gates/load-fixture.ts';
import { cell } from '../reports/fixtures.ts';
import { apart, entry } from './entries.ts';

const broken = cell('exclusion', 'none', { verdict: 'violated', violations: 2 });
const outcome = (entries: readonly Entry[], comparison: ReturnType<typeof compareEntries>) =>
  outcomeOf(
    entries.map(({ report }) => report),
    comparison,
  );

void describe('ranks', () => {
  const ranksOf = (entries: readonly Entry[]) =>
    compareEntries(entries).rows.map(({ rank, unranked }) => rank ?? unranked);

  void test('follow the throughput, and are shared where the difference is not real', () => {
    const fair = entry('redis-fair', 2000);
    const noisy = { ...fair.report, load: load({ rounds: (fair.report.load?.rounds ?? []).toReversed() }) };
    const entries = [entry('etcd', 400), fair, { ...fair, report: noisy }, entry('redlock', 900)];
    assert.deepEqual(ranksOf(entries), [4, 1, 1, 3]);
    assert.deepEqual(ranksOf(entries.map(apart)), [4, 1, 1, 3]);
  });

  void test('a lock whose history shows a violation has none, however fast it is, and nobody ranks behind it', () => {
    const none = entry('none', 90_000, { cells: [broken] });
    assert.deepEqual(ranksOf([none, entry('redis-basic', 900)]), ['no rank: it breaks its claim on exclusion', 1]);
    const unseen = entry('none', 90_000, {}, { checked: { events: 9, operations: 3, verdict: 'violated' } });
    assert.match(String(ranksOf([unseen, entry('redis-basic', 900)])[0]), /the history of its load shows a violation/u);
  });

  void test('are not given to what was simulated, or not benchmarked, or not judged', () => {
    const base = entry('redis-basic', 900);
    const simulated = { ...base.report.backend, provisioner: 'sim' as const };
    const { load: _, ...verified } = base.report;
    const [first, second, third] = ranksOf([
      { ...base, report: { ...base.report, backend: simulated } },
      { ...base, report: verified },
      entry('redis-basic', 900, {}, { checked: { events: 0, operations: 0, verdict: 'inconclusive' } }),
    ]);
    assert.match(String(first), /simulated/u);
    assert.match(String(second), /no benchmark/u);
    assert.match(String(third), /could not be judged/u);
  });

  void test('are not given where the locks had different things to do, or different machines to do it on', () => {
    const [one, other] = [entry('redis-basic', 900), entry('redlock', 700, {}, { keys: 10 })];
    const comparison = compareEntries([one, other]);
    assert.equal(comparison.unranked, 'they were not given the same to do: keys 1 and 10');
    assert.ok(comparison.rows.every(({ rank }) => rank === undefined));
    const elsewhere = { ...one, machine: { ...one.machine, cores: 64 } };
    assert.match(compareEntries([one, elsewhere]).unranked ?? '', /different machines/u);
  });

  void test('are not given where the rounds are too few to tell them from noise', () => {
    const few = [3000, 1000].map((throughput) => {
      const base = entry('redis-basic', throughput);
      const rounds = (base.report.load?.rounds ?? []).slice(0, 5);
      return { ...base, report: { ...base.report, load: load({ rounds }) } };
    });
    const { unranked, rows, guide } = compareEntries(few);
    assert.match(unranked ?? '', /^5 rounds cannot be told from noise: at least 6/u);
    assert.ok(rows.every(({ rank, unranked: why }) => rank === undefined && why === undefined));
    assert.deepEqual(guide, []);
  });

  void test('go by the wait where arrivals were given', () => {
    const entries = [2, 1].map((wait) => {
      const base = entry('redis-basic', 800, {}, { mode: 'open' });
      const rounds = base.report.load?.rounds.map((one) => ({
        ...one,
        acquire: { ...one.acquire, p99: one.acquire.p99 * wait },
      }));
      return { ...base, report: { ...base.report, load: { ...(base.report.load ?? load()), rounds: rounds ?? [] } } };
    });
    assert.equal(compareEntries(entries).rankedBy, 'acquire p99');
    assert.deepEqual(ranksOf(entries), [2, 1]);
  });
});

void test('figures are medians with the interval of their order statistics', () => {
  const [row] = compareEntries([entry('redis-basic', 1000)]).rows;
  assert.equal(row?.rounds, 7);
  assert.deepEqual(row.figures.throughput, { median: 1000, low: 985, high: 1012, confidence: 1 - 2 / 128 });
});

void describe('guarantees', () => {
  const answersOf = (name: string): Record<string, string> => {
    const [row] = compareEntries([entry(name, 100)]).rows;
    return Object.fromEntries((row?.guarantees ?? []).map(({ question, answer }) => [question, answer]));
  };

  void test('are the claims of the module, for what can befall its servers', () => {
    assert.deepEqual(answersOf('redis-basic'), {
      'one holder at a time': 'yes',
      'comes back after a crashed holder': 'yes',
      'stops late writes of a paused holder (fencing)': 'yes',
      'one holder when a server is lost': 'impossible',
      'one holder when a server forgets': 'no',
      'one holder when clocks jump': 'no',
      'first come, first served': 'impossible',
      'its owner may enter again': 'impossible',
      'readers share': 'impossible',
    });
    assert.equal(answersOf('etcd')['one holder when a server is lost'], 'yes');
    assert.equal(answersOf('redis-sentinel')['one holder when a server is lost'], 'no');
    assert.equal(answersOf('redlock')['stops late writes of a paused holder (fencing)'], 'impossible');
    assert.equal(answersOf('redis-read-write')['readers share'], 'yes');
  });

  void test('say what of them was tested, and what broke', () => {
    const cells = [cell('exclusion', 'none', { runs: 3 }), cell('fencing', 'client-pause', { faultsBitten: 40 })];
    const tested = compareEntries([entry('redis-basic', 1, { cells })]).rows[0]?.guarantees;
    assert.deepEqual(tested?.[0]?.tested, { tries: 3, violated: false });
    assert.deepEqual(tested[2]?.tested, { tries: 40, violated: false });
    assert.equal(tested[1]?.tested, undefined);
  });
});

void describe('the guide', () => {
  const adviceOf = (entries: readonly Entry[], need: string) =>
    compareEntries(entries).guide.find((advice) => advice.need === need);
  const all = [
    entry('redis-basic', 3000),
    entry('redlock', 1200),
    entry('etcd', 600),
    entry('zookeeper', 600),
    entry('redis-fair', 2500),
    entry('sql-table-postgres', 300),
  ];

  void test('names the fastest of those that promise what is needed', () => {
    assert.deepEqual(adviceOf(all, 'The most cycles a second'), {
      need: 'The most cycles a second',
      best: ['redis-basic'],
      why: '3000 cycles/s; 5 more would do',
    });
    assert.deepEqual(adviceOf(all, 'It must survive the loss of a server')?.best, ['redlock']);
    assert.deepEqual(adviceOf(all, 'There is a coordination service already')?.best, ['etcd', 'zookeeper']);
    assert.deepEqual(adviceOf(all, 'There is a database already')?.best, ['sql-table-postgres']);
    assert.deepEqual(adviceOf(all, 'Many readers, few writers')?.best, ['zookeeper']);
    assert.deepEqual(adviceOf(all.slice(0, 3), 'Many readers, few writers'), {
      need: 'Many readers, few writers',
      best: [],
      why: 'none of those measured',
    });
  });

  void test('does not name a lock that broke its claim', () => {
    const fastest = entry('redis-basic', 3000, { cells: [broken] });
    assert.deepEqual(adviceOf([fastest, ...all.slice(1)], 'The most cycles a second')?.best, ['redis-fair']);
    assert.deepEqual(compareEntries([fastest]).guide, []);
  });
});

void describe('against a baseline', () => {
  const baseline = entry('redis-basic', 1000);
  const stored = { baselines: [{ ...apart(baseline), limits: STORED_LIMITS }], baselineName: 'base' };

  void test('a lock that lost more than the limit fails the gate with exit code 3', () => {
    const entries = [entry('redis-basic', 750), entry('redlock', 100)];
    const comparison = compareEntries(entries, stored);
    assert.deepEqual(new Set(comparison.baseline?.changes.map(({ label }) => label)), new Set(['redis-basic']));
    const { exitCode, conclusion } = outcome(entries, comparison);
    assert.equal(exitCode, 3);
    assert.match(
      conclusion,
      /^Slower than the baseline base: redis-basic: throughput 25 % worse \(between \+2\d.* and 2 more\.$/u,
    );
  });

  void test('a lock that is as fast passes', () => {
    const entries = [entry('redis-basic', 990)];
    const { exitCode, conclusion } = outcome(entries, compareEntries(entries, stored));
    assert.deepEqual([exitCode, conclusion], [0, 'Not slower than the baseline base by the limit.']);
  });

  void test('that measured something else, or nothing of it, is inconclusive', () => {
    for (const [entries, why] of [
      [[entry('redlock', 990)], /no lock of this comparison is in the baseline/u],
      [[entry('redis-basic', 990, {}, { keys: 7 })], /something else to do: keys 1 and 7/u],
      [[{ ...baseline, machine: { ...baseline.machine, cpu: 'Other' } }], /another machine/u],
    ] as const) {
      const comparison = compareEntries(
        entries.map((one) => ({ ...one, report: { ...one.report } })),
        stored,
      );
      const { exitCode, conclusion } = outcome(entries, comparison);
      assert.equal(exitCode, 4);
      assert.match(conclusion, why);
    }
  });

  void test('that took turns with the candidates is for all of them', () => {
    const entries = [
      baseline,
      { ...entry('redis-basic', 995), label: 'new' },
      { ...entry('redis-fair', 600), label: 'slow' },
    ];
    const comparison = compareEntries(entries, {
      baselines: [{ ...baseline, limits: INTERLEAVED_LIMITS }],
    });
    const verdicts = comparison.baseline?.changes.filter(({ metric }) => metric === 'throughput');
    assert.deepEqual(
      verdicts?.map(({ label, verdict }) => [label, verdict]),
      [
        ['new', 'unchanged'],
        ['slow', 'regressed'],
      ],
    );
  });

  void test('a violation outweighs a regression', () => {
    const entries = [entry('redis-basic', 500, { cells: [broken] })];
    assert.equal(outcome(entries, compareEntries(entries, stored)).exitCode, 1);
  });
});
