import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UsageError } from '../../harness/base/errors.ts';
import { judgeThresholds, percentileOf } from '../../harness/gates/judge-thresholds.ts';
import { parseThreshold } from '../../harness/gates/threshold.ts';
import type { LockReport } from '../../harness/report/report.ts';
import { cell, latency, lockReport } from '../reports/fixtures.ts';
import { load } from './load-fixture.ts';

void describe('the grammar', () => {
  void test('takes what k6 takes, with the metric in front, with and without blanks', () => {
    assert.deepEqual(parseThreshold(' acquire  p(99.9) <=  12.5 '), {
      kind: 'latency',
      metric: 'acquire',
      aggregation: { percentile: 99.9 },
      operator: '<=',
      limit: 12.5,
      expression: 'acquire p(99.9) <= 12.5',
    });
    for (const text of [
      'acquire p(99)<50',
      'violations count==0',
      'violations count===0',
      'throughput rate>800',
      'errors rate<0.001',
      'handover p(50)<=3',
      'hold med<3',
      'try avg<1',
      'renew min>0',
      'release max!=7',
      'acquire count>1000',
      'fairness value>0.9',
      'commands value<=4',
      'capacity rate>=1000',
      'dropped count==0',
      'oversold count==0',
      'cycles count>10',
    ])
      assert.equal(parseThreshold(text).expression, text);
    assert.equal(parseThreshold('violations count===0').operator, '==');
    assert.deepEqual(parseThreshold('acquire med<1'), {
      ...parseThreshold('acquire p(50)<1'),
      expression: 'acquire med<1',
    });
  });

  void test('what is malformed is refused in one line that shows how it is done', () => {
    for (const [text, why] of [
      ['', 'expected a metric'],
      ['acquire', 'expected a metric'],
      ['acquire p99<50', 'acquire is asked for by avg, min, max, med, count or p(N)'],
      ['acquire p(101)<50', 'at most 100'],
      ['acquire p(99)=50', 'expected a metric'],
      ['acquire p(99)<-1', 'expected a metric'],
      ['acquire p(99)<50ms', 'expected a metric'],
      ['aquire p(99)<50', '"aquire" is no metric; there are acquire'],
      ['throughput p(99)>1', 'throughput is asked for by rate'],
      ['errors value<1', 'errors is asked for by rate or count'],
      ['toString rate<1', 'expected a metric'],
    ] as const)
      assert.throws(
        () => parseThreshold(text),
        (error) =>
          error instanceof UsageError &&
          error.message.includes(why) &&
          error.message.includes('acquire p(99)<50') &&
          !error.message.includes('\n'),
        text,
      );
  });

  void test('any text is either a threshold or a usage error', () => {
    const piece = fc.oneof(
      fc.constantFrom('acquire', ' ', 'p(', '99', ')', '<', '=', '5', 'rate', 'errors'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          return Number.isFinite(parseThreshold(pieces.join('')).limit);
        } catch (error) {
          return error instanceof UsageError;
        }
      }),
    );
  });
});

void describe('a threshold', () => {
  const verdictOf = (report: LockReport, text: string) => judgeThresholds(report, [parseThreshold(text)])[0];
  const bench = (override: Partial<LockReport> = {}) => lockReport({ load: load(), ...override });

  void test('is met or missed by what was measured', () => {
    const report = bench({ throughput: 900, latency: { acquire: { ...latency(1), p99: 14 } } });
    assert.deepEqual(judgeThresholds(report, ['acquire p(99)<15', 'throughput rate>900'].map(parseThreshold)), [
      { expression: 'acquire p(99)<15', measured: 14, verdict: 'met' },
      { expression: 'throughput rate>900', measured: 900, verdict: 'missed' },
    ]);
    assert.equal(verdictOf(report, 'throughput rate>=900')?.verdict, 'met');
    assert.equal(verdictOf(report, 'acquire count==12480')?.verdict, 'met');
  });

  void test('without samples is inconclusive, whatever it demands', () => {
    const nothing: LockReport = { ...lockReport({ latency: {}, cells: [] }) };
    delete nothing.throughput;
    delete nothing.fairness;
    delete nothing.commandsPerCycle;
    for (const text of [
      'acquire p(99)<50',
      'acquire count==0',
      'throughput rate<1',
      'capacity rate<1',
      'errors count==0',
      'errors rate==0',
      'dropped count==0',
      'cycles count==0',
      'violations count==0',
      'oversold count==0',
      'fairness value<1',
      'commands value<9',
    ]) {
      const result = verdictOf(nothing, text);
      assert.equal(result?.verdict, 'inconclusive', text);
      assert.ok(result.note !== undefined && result.measured === undefined);
    }
    const empty = bench({ latency: { acquire: { count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 } } });
    assert.equal(verdictOf(empty, 'acquire p(99)<50')?.note, 'no samples');
  });

  void test('on a latency of a saturated run is refused; on its throughput it is not', () => {
    const report = bench({ load: load({ saturated: true }), throughput: 500 });
    assert.match(verdictOf(report, 'acquire p(99)<5000')?.note ?? '', /^saturated/u);
    assert.equal(verdictOf(report, 'throughput rate>400')?.verdict, 'met');
    assert.equal(verdictOf(report, 'acquire count>1')?.verdict, 'met');
  });

  void test('on errors counts what failed, as a share of what was tried', () => {
    const errors = [
      { operation: 'acquire', kind: 'TIMEOUT', count: 20 },
      { operation: 'release', kind: 'BACKEND_UNAVAILABLE', count: 5 },
    ];
    const report = bench({ load: load({ cycles: 975, errors }) });
    assert.equal(verdictOf(report, 'errors count<=25')?.measured, 25);
    assert.equal(verdictOf(report, 'errors rate<0.025')?.verdict, 'missed');
    assert.equal(verdictOf(report, 'errors rate<=0.025')?.verdict, 'met');
  });

  void test('on violations counts those of promises', () => {
    const broken = { verdict: 'violated', violations: 3 } as const;
    const cells = [
      cell('exclusion', 'none'),
      cell('fencing', 'latency', broken),
      cell('no-lost-update', 'client-pause', { ...broken, claim: 'not-promised' }),
    ];
    assert.equal(verdictOf(bench({ cells }), 'violations count==0')?.measured, 3);
    assert.equal(verdictOf(bench({ cells: cells.slice(0, 1) }), 'violations count==0')?.verdict, 'met');
    const unseen = bench({ cells: [], load: load({ checked: { events: 9, operations: 2, verdict: 'violated' } }) });
    assert.equal(verdictOf(unseen, 'violations count==0')?.verdict, 'missed');
  });
});

void test('between two points of the curve a percentile is the one that is harder to meet', () => {
  const measured = { ...latency(1), p90: 2, p99: 4, p999: 8, max: 9, curve: [] };
  assert.equal(percentileOf(measured, 95, '<'), 4);
  assert.equal(percentileOf(measured, 95, '>='), 2);
  assert.equal(percentileOf(measured, 99, '<'), 4);
  assert.equal(percentileOf(measured, 99.95, '<'), 9);
});
