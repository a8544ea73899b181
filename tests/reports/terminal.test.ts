import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Report } from '../../harness/report/report.ts';
import { renderTerminal } from '../../reports/terminal.ts';
import {
  REPLAY,
  allHolds,
  baseline,
  cell,
  inconclusive,
  lockReport,
  report,
  severalLocks,
  violated,
} from './fixtures.ts';
import { HOSTILE, hostile } from './hostile.ts';

/** The same text with every run of white space as one space: what it says, wherever it was wrapped. */
function said(text: string): string {
  return text.replaceAll(/\s+/gu, ' ');
}

test('it says first what was run on what', () => {
  const [, ...lines] = renderTerminal(allHolds()).split('\n');
  const head = said(lines.slice(0, 12).join('\n'));
  for (const fact of [
    'holdfast verify --impl redis --seed 42',
    'profile default, seed 42, took 4 min 12 s',
    '2 × Intel Xeon Platinum 8581C, 7.8 GiB, Node 24.21.0; timers late by 3 ms (p99)',
    'redis 7.0.15, single, native processes',
    'appendonly yes, appendfsync always',
    '5 workers, lease 600 ms',
  ]) {
    assert.ok(head.includes(fact), `${fact}\n${head}`);
  }
});

test('a property that holds takes a line: tries, hazards, and the hazard that was tried least with its bound', () => {
  const cells = [
    cell('exclusion', 'none'),
    cell('exclusion', 'reset', { faultsBitten: 200 }),
    cell('exclusion', 'client-pause', { faultsBitten: 14 }),
  ];
  const text = renderTerminal(report({ locks: [lockReport({ cells })] }));
  assert.match(
    text,
    /^ {2}exclusion +✓ holds {2}0 of 214 tries, 2 hazards; least: client-pause 0 of 14, below 20 %$/mu,
  );
});

test('a violation comes with its story and a replay command that can be copied whole', () => {
  for (const width of [100, 60, 40]) {
    const text = renderTerminal(violated(), { width });
    assert.match(said(text), /✗ broken\/no-deadline: exclusion VIOLATED under client-pause \(7 in 52 tries\)/u);
    assert.ok(said(text).includes('1. +578 ms worker-1 is granted lease k3 (fence 17) until +1178 ms'));
    assert.ok(text.split('\n').some((line) => line.endsWith(`replay  ${REPLAY}`)));
  }
});

test('of many violations of a property the mildest is told, the others are named, each with its replay', () => {
  const text = renderTerminal(baseline());
  assert.match(text, /^ {2}exclusion +✗ VIOLATED {2}without faults and under latency, client-pause, client-crash$/mu);
  assert.equal(text.match(/1\. \+578 ms/gu)?.length, 2);
  assert.ok(text.includes(`✗ none: exclusion VIOLATED without faults (9 in 12 tries)`));
  assert.match(text, /^✗ also under client-crash \(9 in \d+ tries\)$/mu);
  assert.equal(text.split(REPLAY).length - 1, 8);
});

test('what was seen where nothing is promised is told, and is not called a violation', () => {
  const text = renderTerminal(allHolds());
  assert.ok(
    said(text).includes('· not promised under client-pause: paused 900 ms past a 600 ms lease: 3 updates lost'),
  );
  assert.ok(said(text).includes('under latency: held all the same'));
  const cells = [
    cell('no-lost-update', 'none'),
    cell('no-lost-update', 'client-pause', { note: '2 updates lost late' }),
  ];
  assert.match(
    renderTerminal(report({ locks: [lockReport({ cells })] })),
    /^ +seen under client-pause: 2 updates lost late$/mu,
  );
  assert.ok(!text.includes('VIOLATED'));
});

test('it ends with the conclusion, the exit code and the place of the report', () => {
  const text = renderTerminal(inconclusive(), { folder: 'runs/latest' });
  assert.ok(
    text.endsWith(
      '\n? Nothing was violated, but 5 claims on the list of profile smoke were not exercised.\n' +
        '  exit code  4\n  report     runs/latest/report.html\n',
    ),
    text,
  );
  assert.ok(said(text).includes('? clock-jump: the fault was applied 18 times and never took effect'));
  assert.ok(said(text).includes('– failover: a single node has no replica to fail over to'));
});

test('a simulation and a busy machine are said loudly before any result', () => {
  const simulated = renderTerminal(severalLocks());
  assert.ok(simulated.indexOf('! SIMULATED  etcd: no real server took part') < simulated.indexOf('✓ holds'));
  assert.ok(said(renderTerminal(inconclusive())).includes('! TOO BUSY The machine was too busy to judge'));
  assert.ok(!renderTerminal(allHolds()).includes('SIMULATED'));
});

test('several locks end in an overview, and simulated time is not set beside real time', () => {
  const text = renderTerminal(severalLocks());
  assert.match(text, /^ {2}redis +0 +0 +66 +1,243 +0\.66 +3\.52$/mu);
  assert.match(text, /^ {2}etcd +0 +0 +66 +simulated$/mu);
  assert.match(text, /✗ MISSED {2}throughput rate>2000/u);
});

test('it keeps within the terminal, or 100 columns, but for commands', () => {
  for (const make of [allHolds, baseline, violated, inconclusive, severalLocks]) {
    for (const width of [40, 60, 80, 100, 250]) {
      const lines = renderTerminal(make(), { width }).split('\n');
      const tooLong = lines.filter(
        (line) => line.length > Math.min(width, 100) && !/^ {2}(replay|command) /u.test(line),
      );
      assert.deepEqual(tooLong, [], `at ${width}`);
    }
  }
});

test('colour is decoration: the text is the same without it', () => {
  const painted = renderTerminal(violated(), {
    paint: (style, text) => styleText(style, text, { validateStream: false }),
  });
  assert.notEqual(painted, renderTerminal(violated()));
  assert.equal(stripVTControlCharacters(painted), renderTerminal(violated()));
});

test('NO_COLOR and a pipe turn colour off', () => {
  const script = `
    const { paintFor } = await import(${JSON.stringify(new URL('../../reports/terminal/paint.ts', import.meta.url).href)});
    process.stdout.write(paintFor(process.stdout)('red', 'text'));`;
  const print = (env: NodeJS.ProcessEnv): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
  assert.equal(print({}), 'text');
  assert.equal(print({ NO_COLOR: '1' }), 'text');
  assert.equal(print({ FORCE_COLOR: '1' }), styleText('red', 'text', { validateStream: false }));
});

test('what a report says cannot command the terminal', () => {
  const text = renderTerminal({ ...hostile(), conclusion: `\u001b[2J${HOSTILE}\u202e\nsecond line` });
  assert.doesNotMatch(text, /[\p{Cc}--[\n\x7f-\x9f]]|\u202e/v);
  assert.ok(said(text).includes('<img src=x onerror="alert(1)">'));
});

test('a benchmark without claims shows costs and no matrix', () => {
  const bench: Report = report({
    locks: [lockReport({ cells: [], notTestable: [] })],
    conclusion: 'redis: 1,243 cycles/s.',
  });
  const text = renderTerminal(bench);
  assert.match(text, /^ {2}acquire +0\.66 +1\.45 +3\.52 +6\.88 +11\.6 +12,480$/mu);
  assert.doesNotMatch(text, /exclusion|A try is/u);
});
