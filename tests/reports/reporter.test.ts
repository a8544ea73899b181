import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadReporter, writeReports } from '../../reports/reporter.ts';
import { violated } from './fixtures.ts';

test('a run folder gets every format, report.json first', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'holdfast-reports-'));
  const target = join(folder.path, 'runs', 'new');
  const paths = await writeReports(violated(), target);
  assert.deepEqual(
    paths,
    ['report.json', 'report.html', 'summary.md', 'junit.xml'].map((name) => join(target, name)),
  );
  assert.deepEqual((await readdir(target)).toSorted(), ['junit.xml', 'report.html', 'report.json', 'summary.md']);
  for (const path of paths) assert.ok((await readFile(path, 'utf8')).endsWith('\n'));
});

test('a format is a pure function of the report', async () => {
  for (const format of ['terminal', 'json', 'html', 'markdown', 'junit'] as const) {
    const reporter = await loadReporter(format);
    assert.equal(reporter.format, format);
    const once = reporter.render(violated());
    assert.equal(reporter.render(violated()), once, format);
  }
});
