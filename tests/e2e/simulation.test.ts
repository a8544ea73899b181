/** The simulation as users meet it: asked for, or because nothing else is there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { reportSchema } from '../../harness/report/report.ts';
import { namesIn, ROOT, Sandbox } from './program.ts';

/** A machine with Node alone: no servers, no containers, nothing built before. */
const bare = (sandbox: Sandbox): Readonly<Record<string, string>> => ({
  PATH: dirname(process.execPath),
  XDG_CACHE_HOME: sandbox.temp,
});
const QUICK = ['--profile', 'smoke', '--time', '2s', '--seed', '3'];

void describe('on a machine with nothing but Node', () => {
  void test('verify does its main job in the simulation, and says so', async () => {
    await using sandbox = new Sandbox();
    const runs = join(sandbox.work, 'runs');
    const args = ['verify', '--impl', 'redlock', ...QUICK, '--hazard', 'none,client-pause,latency', '--out', runs];
    const { code, stdout, stderr } = await sandbox.run(args, { cwd: ROOT, env: bare(sandbox) });
    assert.match(stderr, /redlock on redis \(5 independent nodes\), sim: neither a Docker engine nor redis-server/);
    assert.match(stderr, /simulation: no real server took part/);
    assert.match(stdout, /no real server took part/);
    const folder = join(runs, 'latest');
    const report = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
    assert.equal(report.locks[0]?.backend.provisioner, 'sim');
    assert.ok([EXIT.ok, EXIT.inconclusive].includes(code as 0 | 4), stderr);
    for (const name of ['report.html', 'junit.xml', 'summary.md']) assert.ok(namesIn(folder).includes(name), name);
    await sandbox.untilNothingLeft();
  });

  void test('a build that was to test on servers does not turn green without them', async () => {
    await using sandbox = new Sandbox();
    const env = { ...bare(sandbox), CI: 'true' };
    const { code, stderr } = await sandbox.run(['verify', '--impl', 'redlock', ...QUICK], { env });
    assert.equal(code, EXIT.infrastructure);
    assert.match(stderr, /neither a Docker engine .* or simulate it with "--backend sim"/);
  });
});

void describe('--backend sim', () => {
  void test('a violation exits 1, and its replay command shows the same history again', async () => {
    await using sandbox = new Sandbox();
    const runs = join(sandbox.work, 'runs');
    const args = ['verify', '--impl', 'no-owner-delete', '--backend', 'sim', ...QUICK, '--hazard', 'client-pause'];
    const { code, stdout, stderr } = await sandbox.run([...args, '--bail', '--out', runs], { cwd: ROOT });
    assert.equal(code, EXIT.violated, stderr);
    const [, replay] = /(npm run replay -- \S+plan-\d+\.json --backend sim)/.exec(stdout) ?? [];
    assert.ok(replay !== undefined, stdout);
    const again = join(sandbox.work, 'again');
    const second = await sandbox.paste(`${replay} --out ${again}`, { cwd: ROOT });
    assert.equal(second.code, EXIT.violated, second.stderr);
    const [history = ''] = namesIn(join(again, 'latest')).filter((name) => name.startsWith('history'));
    const read = (folder: string): string => readFileSync(join(folder, 'latest', history), 'utf8');
    assert.equal(read(again), read(runs));
  });

  const BREACHES = [
    ['runs on after it is closed', 'restless', /something went on after close/, /a timer of 500 ms runs/],
    ['never comes back', 'endless', /a call never came back/, /acquire never came back/],
  ] as const;
  for (const [what, fixture, found, reason] of BREACHES) {
    void test(`a search finds a lock that ${what}, with a plan that shows it again, and the reason`, async () => {
      await using sandbox = new Sandbox();
      const lock = join(ROOT, 'tests', 'sim', 'fixtures', `${fixture}-lock.ts`);
      const args = ['soak', '--impl', lock, '--schedules', '50', '--seed', '3', '--hazard', 'none'];
      const { code, stdout, stderr } = await sandbox.run(args);
      assert.equal(code, EXIT.violated, stderr);
      const told = (stdout + stderr).split('\n');
      const line = told.findIndex((text) => found.test(text));
      assert.ok(line >= 0, told.join('\n'));
      const [, plan = ''] = /npm run replay -- (\S+) --backend sim/.exec(told.slice(line).join('\n')) ?? [];
      const again = await sandbox.run(['replay', plan, '--backend', 'sim', '--quiet']);
      assert.equal(again.code, EXIT.violated, again.stderr);
      assert.match(again.stdout.replaceAll(/\s+/g, ' '), reason);
    });
  }

  void test('what is not simulated yet is wrong usage, and what is, is named', async () => {
    await using sandbox = new Sandbox();
    const lock = join(ROOT, 'tests', 'sim', 'fixtures', 'unsimulated-lock.ts');
    const args = ['verify', '--impl', lock, '--backend', 'sim', ...QUICK];
    const { code, stderr } = await sandbox.run(args);
    assert.equal(code, EXIT.usage);
    assert.match(stderr, /mariadb \(primary and replica\) is not simulated yet; simulated are: .*redis \(single\)/);
  });
});
