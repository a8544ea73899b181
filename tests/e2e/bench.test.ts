import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../harness/report/report.ts';
import { namesIn, Sandbox, until } from './program.ts';

test('bench prints one report, leaves its files, refuses what does not lock, and judges thresholds', async () => {
  await using sandbox = new Sandbox();
  const demands = ['--threshold', 'cycles count>0', '--threshold', 'acquire p(99)<0.0001'];
  const args = ['--impl', 'redis-basic,none', '--workers', '2', '--duration', '500ms', '--warm-up', '100ms'];
  const { code, stdout } = await sandbox.run(['bench', ...args, ...demands, '--backend', 'native', '--json']);
  assert.equal(code, 1, 'a violation outweighs a threshold');
  const report = JSON.parse(stdout) as Report;
  const [basic, none] = report.locks;
  assert.deepEqual(
    basic?.thresholds?.map(({ verdict }) => verdict),
    ['met', 'missed'],
  );
  assert.equal(basic?.load?.checked.verdict, 'holds');
  assert.equal(none?.load?.checked.verdict, 'violated');
  const folder = join(sandbox.work, 'runs', 'latest');
  const whole = ['report.json', 'report.html', 'junit.xml', 'summary.md'].map((file) => join(folder, file));
  const own = ['acquire.hlog', 'acquire.hgrm', 'history-000.ndjson', 'plan-000.json'];
  for (const file of [...whole, ...own.map((name) => join(folder, 'redis-basic', name))])
    assert.ok(existsSync(file), file);
  assert.match(
    readFileSync(join(folder, 'redis-basic', 'acquire.hlog'), 'utf8'),
    /^#\[Histogram log format version 1\.3\]/m,
  );
  await sandbox.untilNothingLeft();
});

test('a bench that is interrupted reports what it has measured, and leaves nothing behind', async () => {
  await using sandbox = new Sandbox();
  const args = ['--impl', 'local', '--workers', '1', '--warm-up', '0ms', '--duration', '60s'];
  const running = sandbox.start(['bench', ...args]);
  await until(
    () => sizeOf(sandbox.temp, '0-worker-0-0.ndjson') > 1_000_000,
    () => `it records nothing: ${running.stderr}`,
  );
  running.signal('SIGINT');
  const { code, stdout } = await running.ended;
  assert.equal(code, 130);
  assert.match(stdout, /cycles\/s/);
  assert.ok(namesIn(join(sandbox.work, 'runs')).includes('latest'));
  await sandbox.untilNothingLeft();
});

/** Of the file of that name somewhere below a folder; 0 where there is none. */
function sizeOf(folder: string, name: string): number {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(name));
  return found === undefined ? 0 : (statSync(join(folder, found), { throwIfNoEntry: false })?.size ?? 0);
}
