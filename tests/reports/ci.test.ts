/** What CI systems are given: annotations, test cases, summaries, and figures for dashboards. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotationsOf } from '../../reports/annotations.ts';
import { biggerIsBetter, smallerIsBetter } from '../../reports/benchmark.ts';
import { renderJunit } from '../../reports/junit.ts';
import { renderMarkdown } from '../../reports/markdown.ts';
import { renderTerminal } from '../../reports/terminal.ts';
import { benched, compared, saturated } from './bench-fixtures.ts';
import { allHolds, baseline, REPLAY, severalLocks, violated } from './fixtures.ts';
import { hostile } from './hostile.ts';

void describe('annotations', () => {
  void test('are errors for what is broken, missed or slower, warnings for what could not be told', () => {
    assert.deepEqual(annotationsOf(allHolds()), []);
    assert.deepEqual(annotationsOf(benched()), [
      '::error title=Holdfast%3A redis-basic%3A threshold missed::throughput rate>2000: measured 1,131',
      '::warning title=Holdfast%3A redis-basic%3A threshold not judged::try p(99)<5: no samples',
    ]);
    const [first] = annotationsOf(violated());
    assert.match(
      first ?? '',
      /^::error title=Holdfast%3A broken\/no-deadline%3A exclusion violated under client-pause::/u,
    );
    assert.ok(first?.endsWith(`%0Areplay: ${REPLAY}`));
    const slower = annotationsOf(compared()).filter((line) => line.includes('slower than the baseline'));
    assert.equal(slower.length, 3);
    assert.ok(
      annotationsOf(saturated()).some((line) => line.startsWith('::warning title=Holdfast%3A none::Saturated')),
    );
  });

  void test('are one line each, ten at most of a level, whatever the texts', () => {
    const lines = annotationsOf(hostile());
    for (const line of lines) assert.match(line, /^::(?:error|warning) title=[^:,\n]*::[^\n\r]*$/u);
    const [lock] = baseline().locks;
    assert.ok(lock !== undefined);
    assert.equal(annotationsOf({ ...baseline(), locks: [lock, lock] }).length, 10);
  });
});

void describe('figures for dashboards', () => {
  void test('are latencies and errors where smaller is better, throughput where bigger is', () => {
    assert.deepEqual(
      smallerIsBetter(benched()).map(({ name, unit, value }) => `${name} = ${value} ${unit}`),
      [
        'redis-basic: acquire p50 = 1.59 ms',
        'redis-basic: acquire p99 = 7.6 ms',
        'redis-basic: release p50 = 0.42 ms',
        'redis-basic: release p99 = 1.782 ms',
        'redis-basic: errors = 36 count',
      ],
    );
    assert.deepEqual(biggerIsBetter(benched()), [
      { name: 'redis-basic: throughput', unit: 'cycles/s', value: 1131, range: '1131-1149', extra: '3 rounds' },
    ]);
  });

  void test('have names of their own, and leave out what was simulated', () => {
    const names = [...smallerIsBetter(compared()), ...biggerIsBetter(compared())].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('redis-basic (baseline): throughput'));
    assert.ok(smallerIsBetter(severalLocks()).every(({ name }) => !name.startsWith('etcd')));
  });
});

void describe('junit.xml', () => {
  const casesOf = (xml: string): string[] => xml.split('<testcase').slice(1);

  void test('has a case for each claim and each threshold', () => {
    const cases = casesOf(renderJunit(benched()));
    assert.equal(cases.length, 6);
    const missed = cases.find((text) => text.includes('threshold throughput rate&gt;2000'));
    assert.match(missed ?? '', /<failure type="missed" message="measured 1,131"\/>/u);
    const unmeasured = cases.find((text) => text.includes('threshold try p(99)&lt;5'));
    assert.match(unmeasured ?? '', /<error type="inconclusive" message="no samples"\/>/u);
    const met = cases.find((text) => text.includes('threshold acquire p(99)&lt;50'));
    assert.match(met ?? '', /<system-out>measured 7\.6<\/system-out>/u);
  });

  void test('has a case for each figure that is held against a baseline', () => {
    const cases = casesOf(renderJunit(compared())).filter((text) => text.includes('classname="baseline"'));
    assert.equal(cases.length, 3);
    assert.match(cases[0] ?? '', /name="redis-basic throughput">\s*<failure type="regressed" message="20\.8 % worse/u);
  });
});

void describe('a benchmark and a comparison in text', () => {
  void test('the terminal tells the load, its faults and its limit', () => {
    const text = renderTerminal(benched());
    for (const told of [
      /load {6}closed loop, 10 clients in 5 workers/u,
      /~ server-pause of node 1 from 12\.0 to 15\.0 s, throughput down to 0 %, first grant 41 ms after it/u,
      /capacity 1,480\/s {2}offered\/s/u,
      /✗ MISSED {2}throughput rate>2000 \(measured 1,131\)/u,
      /\? inconclusive {2}try p\(99\)<5 \(no samples\)/u,
    ])
      assert.match(text, told);
  });

  void test('the terminal puts locks side by side, within its width', () => {
    for (const width of [60, 80, 100]) {
      const text = renderTerminal(compared(), { width });
      assert.match(text, /redlock\s+4\s+900/u);
      assert.match(text, /none: no rank: it breaks its claim/u);
      assert.match(text, /✗ REGRESSED {2}redis-basic:/u);
      const long = text.split('\n').filter((line) => line.length > width && !line.includes('npm run'));
      assert.deepEqual(long, [], String(width));
    }
  });

  void test('the summary of a pull request begins with what changed', () => {
    const text = renderMarkdown(compared());
    assert.ok(text.startsWith('## Holdfast: Slower than the baseline redis-basic at v1: redis-basic: throughput'));
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    assert.match(
      rows[2] ?? '',
      /^\| \*\*✗ REGRESSED\*\* \| redis-basic \| throughput \| 2,400 cycles\/s \| 1,900 cycles\/s \|/u,
    );
    assert.ok(text.includes('| no rank: it breaks its claim on exclusion | none |'));
    assert.ok(text.includes('| Clocks cannot be trusted | etcd |'));
    assert.doesNotMatch(text, /### redlock/u);
  });
});
