/** Applications by the program: which run ends how, and what is said of whom. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import type { Report } from '../../harness/report/report.ts';
import { ROOT, Sandbox } from './program.ts';

const SHORT = ['--impl', 'redis-basic', '--hazard', 'none', '--runs', '1', '--seed', '1'];

/** A scenario of a user, outside of the repository. */
function withScenario(sandbox: Sandbox): string {
  const text = readFileSync(join(ROOT, 'tests/sim/fixtures/scenario-of-a-user.ts'), 'utf8');
  return written(sandbox, 'application/box.mts', text);
}

function written(sandbox: Sandbox, name: string, text: string): string {
  const path = join(sandbox.work, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('a scenario in a folder of a user is run like ours, simulated: the application is told to be at fault', async () => {
  await using sandbox = new Sandbox();
  const path = withScenario(sandbox);
  const args = [...SHORT, '--scenario', path, '--backend', 'sim', '--json', '--out', join(sandbox.work, 'out')];
  const { code, stdout, stderr } = await sandbox.run(['verify', ...args]);
  assert.equal(code, EXIT.violated, stderr);
  const { locks, conclusion } = JSON.parse(stdout) as Report;
  const [fault] = locks[0]?.applicationFaults ?? [];
  assert.equal(fault?.invariant, 'there is one thing in a box');
  assert.match(fault.message, /the lock kept its word/);
  assert.match(conclusion, /redis-basic keeps its word, and the application .*box\.mts breaks its own invariant/);
  const violated = locks[0]?.cells.filter(({ verdict }) => verdict === 'violated');
  assert.deepEqual(violated, [], 'no cell of the lock is touched');
  const again = await sandbox.run(['replay', join(sandbox.work, 'out', 'latest', fault.plan), '--backend', 'sim']);
  assert.equal(again.code, EXIT.violated, again.stderr);
});

test('on real servers a correct application passes, and one with a mistake is told apart from its lock', async () => {
  await using sandbox = new Sandbox();
  const verify = (scenario: string): ReturnType<Sandbox['run']> => {
    const args = [...SHORT, '--backend', 'native', '--scenario', scenario, '--json'];
    return sandbox.run(['verify', ...args, '--out', join(sandbox.work, scenario.replace('/', '-'))], { cwd: ROOT });
  };
  const good = await verify('transfer');
  assert.equal(good.code, EXIT.ok, good.stderr);
  const bad = await verify('broken/reads-before-locking');
  assert.equal(bad.code, EXIT.violated, bad.stderr);
  const { locks } = JSON.parse(bad.stdout) as Report;
  assert.equal(locks[0]?.applicationFaults?.[0]?.invariant, 'the sum of all balances stays the same');
});

test('what is no scenario is said in one line, before anything is started', async () => {
  await using sandbox = new Sandbox();
  const cases: readonly (readonly [string, RegExp])[] = [
    ['export const nothing = 1;', /has no export named "scenario"/],
    ["export const scenario = { name: 'x' };", /is no scenario: .*operations/],
    ['throw new Error("at once");', /cannot be loaded: Error: at once/],
  ];
  for (const [index, [text, said]] of cases.entries()) {
    const path = written(sandbox, `wrong-${index}.mts`, text);
    const { code, stderr } = await sandbox.run(['verify', ...SHORT, '--backend', 'sim', '--scenario', path]);
    assert.equal(code, EXIT.usage, stderr);
    assert.match(stderr, said);
  }
  const { code, stderr } = await sandbox.run(['verify', ...SHORT, '--scenario', 'broken/nothing']);
  assert.equal(code, EXIT.usage);
  assert.match(stderr, /there is no scenario named "broken\/nothing"/);
});

test('a benchmark of a scenario tells its own rate beside that of the lock; what makes no sense there is refused', async () => {
  await using sandbox = new Sandbox();
  const args = ['bench', '--impl', 'redis-basic', '--scenario', 'transfer', '--keys', '4', '--duration', '500ms'];
  const { code, stdout, stderr } = await sandbox.run([...args, '--backend', 'native', '--json']);
  assert.equal(code, EXIT.ok, stderr);
  const [lock] = (JSON.parse(stdout) as Report).locks;
  assert.equal(lock?.applicationRate?.unit, 'transfers');
  assert.ok(lock.applicationRate.perSecond > 0 && (lock.throughput ?? 0) > 0);
  for (const wrong of [['--backend', 'sim'], ['--try'], ['--scenario', 'no-such']]) {
    assert.equal((await sandbox.run([...args, ...wrong])).code, EXIT.usage, wrong.join(' '));
  }
});
