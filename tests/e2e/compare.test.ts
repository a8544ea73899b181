/** `compare` and `--threshold` as users run them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { reportSchema, type LockReport, type Report } from '../../harness/report/report.ts';
import { renderJson } from '../../reports/json.ts';
import { entry } from '../compare/entries.ts';
import { cell, report } from '../reports/fixtures.ts';
import { namesIn, ROOT, Sandbox } from './program.ts';

function store(sandbox: Sandbox, name: string, locks: readonly LockReport[], override: Partial<Report> = {}): string {
  const folder = join(sandbox.work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'report.json'), renderJson(report({ run: name, locks: [...locks], ...override })));
  return folder;
}

void describe('compare, of finished runs', () => {
  void test('puts benchmarks beside what was verified of the same locks', async () => {
    await using sandbox = new Sandbox();
    const [fast, slow] = [entry('redis-basic', 2000).report, entry('etcd', 500).report];
    const { load: _, ...verified } = slow;
    const tried = {
      ...verified,
      cells: [
        cell('exclusion', 'failover', { faultsBitten: 31 }),
        cell('exclusion', 'minority-partition', { faultsBitten: 9 }),
      ],
    };
    const runs = [store(sandbox, 'bench', [fast, slow]), store(sandbox, 'verify', [tried])];
    const { code, stdout } = await sandbox.run(['compare', ...runs, '--json']);
    assert.equal(code, 0);
    const { comparison, locks, conclusion } = reportSchema.parse(JSON.parse(stdout));
    assert.deepEqual(
      comparison?.rows.map(({ label, rank }) => [label, rank]),
      [
        ['redis-basic', 1],
        ['etcd', 2],
      ],
    );
    assert.equal(conclusion, 'redis-basic is first by throughput.');
    assert.equal(comparison.interleaved, false);
    const survives = comparison.rows[1]?.guarantees.find(
      ({ question }) => question === 'one holder when a server is lost',
    );
    assert.deepEqual(survives?.tested, { tries: 40, violated: false });
    assert.equal(locks.length, 2);
    const files = namesIn(join(sandbox.work, 'runs', 'latest'));
    for (const file of ['report.html', 'summary.md', 'junit.xml', 'benchmark.json'])
      assert.ok(files.includes(file), file);
  });

  void test('tells two runs of one lock apart, and gates the one against the other', async () => {
    await using sandbox = new Sandbox();
    const was = store(sandbox, 'was', [entry('redis-basic', 2000).report]);
    const is = store(sandbox, 'is', [entry('redis-basic', 1500).report]);
    const both = await sandbox.run(['compare', was, is, '--quiet']);
    assert.match(both.stdout, /redis-basic \(was\)\s+1\s+2,000/u);
    assert.match(both.stdout, /redis-basic \(is\)\s+2\s+1,500/u);
    const slower = await sandbox.run(['compare', is, '--baseline', join(was, 'report.json')]);
    assert.equal(slower.code, 3);
    assert.match(slower.stdout, /✗ Slower than the baseline was: redis-basic: throughput 25 % worse/u);
    assert.equal((await sandbox.run(['compare', is, '--baseline', was, '--fail', '40'])).code, 0);
    const elsewhere = store(sandbox, 'elsewhere', [entry('redis-basic', 2000).report], {
      machine: { ...report().machine, cores: 64 },
    });
    const unknown = await sandbox.run(['compare', is, '--baseline', elsewhere]);
    assert.equal(unknown.code, 4);
    assert.match(unknown.stdout, /another machine/u);
  });

  void test('judges thresholds of the command line and of the configuration', async () => {
    await using sandbox = new Sandbox();
    const run = store(sandbox, 'run', [entry('redis-basic', 2000).report]);
    writeFileSync(join(sandbox.work, 'holdfast.config.json'), JSON.stringify({ thresholds: ['throughput rate>1000'] }));
    const met = await sandbox.run(['compare', run]);
    assert.deepEqual([met.code, /✓ met {2}throughput rate>1000/u.test(met.stdout)], [0, true]);
    const missed = await sandbox.run(['compare', run, '--threshold', 'throughput rate>9000']);
    assert.equal(missed.code, 3);
    assert.match(missed.stdout, /redis-basic: the threshold throughput rate>9000 is missed\./u);
    writeFileSync(join(sandbox.work, 'holdfast.config.json'), JSON.stringify({ thresholds: ['speed>1'] }));
    const malformed = await sandbox.run(['compare', run]);
    assert.deepEqual([malformed.code, /"speed>1" is no threshold/u.test(malformed.stderr)], [2, true]);
  });
});

void test('locks take turns on real servers, and one that does not lock has no rank', async () => {
  await using sandbox = new Sandbox();
  const { code, stdout, stderr } = await sandbox.run([
    ...['compare', '--impl', 'redis-basic,none', '--backend', 'native', '--json'],
    ...['--rounds', '6', '--workers', '2', '--clients', '2', '--warm-up', '50ms', '--duration', '200ms'],
  ]);
  const { comparison, locks, seed } = reportSchema.parse(JSON.parse(stdout));
  assert.equal(code, 1, stderr);
  const [basic, none] = comparison?.rows ?? [];
  assert.deepEqual([basic?.rank, basic?.rounds, none?.rounds], [1, 6, 6]);
  assert.match(none?.unranked ?? '', /no rank: it breaks its claim on/u);
  assert.ok(comparison?.interleaved);
  assert.ok(comparison.guide.every(({ best }) => !best.includes('none')));
  assert.ok(locks.every(({ load }) => load?.checked.operations !== 0) && seed > 0);
});

void test('a lock is held against another version of itself, in turns', async () => {
  await using sandbox = new Sandbox();
  const slowed = join(ROOT, 'tests', 'compare', 'slowed-redis-basic.ts');
  const { code, stdout } = await sandbox.run(
    [
      ...['compare', '--impl', slowed, '--baseline', 'redis-basic', '--backend', 'native', '--json'],
      ...['--rounds', '6', '--workers', '2', '--warm-up', '100ms', '--duration', '300ms'],
    ],
    // So slow that no machine is too busy to show it.
    { env: { SLOWED_MS: '20' } },
  );
  const { comparison } = reportSchema.parse(JSON.parse(stdout));
  assert.equal(code, 3);
  const [throughput] = comparison?.baseline?.changes ?? [];
  assert.deepEqual([throughput?.label, throughput?.verdict], ['slowed-redis-basic', 'regressed']);
  assert.ok((throughput?.lossLow ?? 0) > 0.1);
  assert.match(readFileSync(join(sandbox.work, 'runs', 'latest', 'summary.md'), 'utf8'), /\*\*✗ REGRESSED\*\*/u);
});

void test('verify judges thresholds: a latency that was not measured is inconclusive', async () => {
  await using sandbox = new Sandbox();
  const args = ['verify', '--impl', 'redis-basic', '--backend', 'sim', '--hazard', 'none', '--runs', '1', '--quiet'];
  const missed = await sandbox.run([...args, '--threshold', 'fairness value>2', '--threshold', 'capacity rate>1']);
  assert.equal(missed.code, 3);
  assert.match(missed.stdout, /redis-basic: the threshold fairness value>2 is missed\./u);
  const met = ['--threshold', 'violations count==0', '--threshold', 'fairness value>0'];
  const unmeasured = await sandbox.run([...args, ...met, '--threshold', 'capacity rate>1']);
  assert.equal(unmeasured.code, 4);
  assert.equal(unmeasured.stdout.match(/✓ met/gu)?.length, 2);
  assert.match(unmeasured.stdout, /\? inconclusive {2}capacity rate>1 \(the capacity was not searched for\)/u);
});
