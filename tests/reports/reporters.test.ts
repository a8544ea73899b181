import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadReporter, writeReports } from '../../reports/reporters.ts';
import { benched, compared } from './bench-fixtures.ts';
import { violated } from './fixtures.ts';

const FILES = ['report.json', 'report.html', 'summary.md', 'junit.xml', 'benchmark.json', 'benchmark-throughput.json'];

test('a run folder gets every format, report.json first', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'holdfast-reports-'));
  const target = join(folder.path, 'runs', 'new');
  const paths = await writeReports(violated(), target);
  assert.deepEqual(
    paths,
    FILES.map((name) => join(target, name)),
  );
  assert.deepEqual((await readdir(target)).toSorted(), FILES.toSorted());
  for (const path of paths) assert.ok((await readFile(path, 'utf8')).endsWith('\n'));
});

test('a format is a pure function of the report', async () => {
  for (const format of [
    'terminal',
    'json',
    'html',
    'markdown',
    'junit',
    'benchmark',
    'benchmark-throughput',
  ] as const) {
    const reporter = await loadReporter(format);
    assert.equal(reporter.format, format);
    for (const make of [violated, benched, compared])
      assert.equal(reporter.render(make()), reporter.render(make()), format);
  }
});
