/** Locks in processes of their own, as users of the program meet them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { reportSchema } from '../../harness/report/report.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { ROOT, Sandbox } from '../e2e/program.ts';

const FLOCK = join(ROOT, 'implementations', 'adapters', 'c', 'flock', 'subject.json');
const FIXTURE = join(ROOT, 'tests', 'subject', 'fixtures', 'subject.mjs');
const ONE_PLAN = ['--runs', '1', '--seed', '1', '--quiet'];
const SHORT = [...ONE_PLAN, '--hazard', 'none', '--workers', '2', '--backend', 'native'];

function fileOf(sandbox: Sandbox, misdeed: string, more: object = {}): string {
  const command = [process.execPath, FIXTURE, misdeed];
  const file = { holdfast: 'subject', version: 1, name: misdeed, backend: 'sqlite', command, ...more };
  const path = join(sandbox.folder, `${misdeed}.json`);
  writeFileSync(path, JSON.stringify(file));
  return path;
}

void describe('a lock in a process of its own', { concurrency: 1 }, () => {
  void test('in C, without a helper, holds what its kernel promises when it is killed, and leaves nothing', async () => {
    await using sandbox = new Sandbox();
    const verify = ['verify', ...ONE_PLAN, '--json', '--impl', FLOCK, '--hazard', 'client-crash'];
    const { code, stdout, stderr } = await sandbox.run([...verify, '--backend', 'native']);
    assert.equal(code, EXIT.ok, stderr);
    const { cells = [] } = reportSchema.parse(JSON.parse(stdout)).locks[0] ?? {};
    const exclusion = cells.find(({ property, hazard }) => property === 'exclusion' && hazard === 'client-crash');
    assert.ok(exclusion?.verdict === 'holds' && exclusion.faultsBitten > 0, stdout);
    await sandbox.untilNothingLeft();
  });

  void test('is seen to meet the faults of its network', async () => {
    await using sandbox = new Sandbox();
    const command = [process.execPath, join(ROOT, 'tests', 'subject', 'fixtures', 'redis-subject.mjs')];
    const impl = fileOf(sandbox, 'on-redis', { backend: 'redis', claims: 'lease', command });
    const verify = ['verify', ...ONE_PLAN, '--json', '--impl', impl, '--hazard', 'latency,lost-reply'];
    const { code, stdout, stderr } = await sandbox.run([...verify, '--backend', 'native']);
    assert.equal(code, EXIT.ok, stdout + stderr);
    const { cells = [] } = reportSchema.parse(JSON.parse(stdout)).locks[0] ?? {};
    const bitten = cells.filter(({ property, faultsBitten }) => property === 'exclusion' && faultsBitten > 0);
    assert.deepEqual(bitten.map(({ hazard }) => hazard).toSorted(), ['latency', 'lost-reply']);
  });

  void test('keeps the protocol in every corner, and is told which one it does not', async () => {
    await using sandbox = new Sandbox();
    const good = await sandbox.run(['subject', 'test', FLOCK]);
    assert.equal(good.code, EXIT.ok, good.stdout + good.stderr);
    const bad = await sandbox.run(['subject', 'test', fileOf(sandbox, 'stays'), '--json']);
    assert.equal(bad.code, EXIT.violated, bad.stderr);
    const { cases } = JSON.parse(bad.stdout) as { cases: { name: string; outcome: string }[] };
    const failed = cases.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
    assert.deepEqual(failed, ['it exits when it is told "bye"']);
    await sandbox.untilNothingLeft();
  });

  void test('without claims is described: what broke is no failure', async () => {
    await using sandbox = new Sandbox();
    const impl = `exec:${process.execPath} ${FIXTURE}`;
    const described = await sandbox.run(['verify', '--impl', impl, '--server', 'sqlite', ...SHORT, '--json']);
    assert.equal(described.code, EXIT.ok, described.stderr);
    const { locks, conclusion } = reportSchema.parse(JSON.parse(described.stdout));
    const [lock] = locks;
    assert.ok(lock !== undefined);
    assert.ok(lock.cells.some(({ property, verdict }) => property === 'exclusion' && verdict === 'violated'));
    assert.deepEqual(Object.keys(lock.supportedClaims ?? {}), ['deadlock-freedom']);
    assert.match(conclusion, /nothing is claimed/);
    assert.ok(lock.pipe !== undefined && lock.pipe.calls > 0 && lock.pipe.p50Us <= lock.pipe.p99Us);
    const unsaid = await sandbox.run(['verify', '--impl', impl, ...SHORT]);
    assert.equal(unsaid.code, EXIT.usage);
    assert.match(unsaid.stderr, /on what does it run\? Say --server, one of: redis/);
  });

  void test('that ends by itself is a finding; that somebody has killed is none', async () => {
    await using sandbox = new Sandbox();
    const crashed = await sandbox.run(['verify', '--impl', fileOf(sandbox, 'crashes'), ...SHORT]);
    assert.equal(crashed.code, EXIT.violated, crashed.stderr);
    assert.match(crashed.stdout, /its process ended by itself \(exit code 3\)/);
    const killed = await sandbox.run(['verify', '--impl', fileOf(sandbox, 'killed'), ...SHORT]);
    assert.equal(killed.code, EXIT.infrastructure, killed.stdout);
    assert.match(killed.stderr, /its process was ended by SIGKILL/);
    await sandbox.untilNothingLeft();
  });

  void test('is not simulable, and needs what it says that it needs; one line each', async () => {
    await using sandbox = new Sandbox();
    const simulated = await sandbox.run(['verify', '--impl', FLOCK, '--backend', 'sim']);
    assert.equal(simulated.code, EXIT.infrastructure);
    assert.match(simulated.stderr, /^holdfast: flock is not simulable: .*\n$/);
    const needing = await sandbox.run(['verify', '--impl', fileOf(sandbox, 'none', { needs: ['node >= 999.1'] })]);
    assert.equal(needing.code, EXIT.usage);
    assert.match(needing.stderr, /^holdfast: .*none\.json: it needs node >= 999\.1, and node is \d.*\n$/);
    const building = await sandbox.run(['verify', '--impl', fileOf(sandbox, 'void', { build: ['false'] })]);
    assert.equal(building.code, EXIT.usage);
    assert.match(building.stderr, /^holdfast: .*void\.json: its build fails: "false" ended with exit code 1\n$/);
  });
});
