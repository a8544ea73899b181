/** What no lock may do is a finding with a plan, a story, a replay and a smaller plan; and the run goes on after it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reportSchema, type Report } from '../../harness/report/report.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { misbehaving, type Misdeed } from './misbehaving.ts';
import { Sandbox, type Ended } from './program.ts';

const RUNS = 2;
const NATIVE: readonly Misdeed[] = ['unhandled-error', 'exit', 'contract', 'unfinished'];
const SIMULATED: readonly Misdeed[] = ['unhandled-error', 'contract', 'unfinished'];

/** Plans without faults, the same ones every time. */
const verifyOf = (runs: number, workers = 2): string[] =>
  `verify --hazard none --workers ${workers} --runs ${runs} --seed 1 --quiet`.split(' ');

function reportOf({ stdout, stderr }: Ended): Report {
  assert.notEqual(stdout, '', stderr);
  return reportSchema.parse(JSON.parse(stdout));
}

function assertTold(report: Report, misdeed: Misdeed): void {
  const { breaches = [] } = report.locks[0] ?? {};
  assert.deepEqual([...new Set(breaches.map(({ kind }) => kind))], [misdeed]);
  for (const { story, message } of breaches) assert.ok(story.at(-1)?.includes(message), story.join('\n'));
}

void describe('a breach is told, the plans after it are run, and it exits 1', { concurrency: 1 }, () => {
  const verify = [...verifyOf(RUNS), '--json'];
  for (const misdeed of NATIVE) {
    void test(`${misdeed}, in processes`, async () => {
      await using sandbox = new Sandbox();
      const ended = await sandbox.run([...verify, '--impl', misbehaving(sandbox, misdeed)]);
      assert.equal(ended.code, EXIT.violated, ended.stderr);
      const report = reportOf(ended);
      assertTold(report, misdeed);
      const cell = report.locks[0]?.cells.find(({ property }) => property === 'deadlock-freedom');
      assert.equal(cell?.runs, RUNS);
      await sandbox.untilNothingLeft();
    });
  }
  for (const misdeed of SIMULATED) {
    void test(`${misdeed}, in the simulation`, async () => {
      await using sandbox = new Sandbox();
      const ended = await sandbox.run([...verify, '--backend', 'sim', '--impl', misbehaving(sandbox, misdeed)]);
      assert.equal(ended.code, EXIT.violated, ended.stderr);
      assertTold(reportOf(ended), misdeed);
    });
  }
});

void test('what was found before the infrastructure failed is in the report, and it exits 5', async () => {
  await using sandbox = new Sandbox();
  // The key of its third plan ends the process as a machine without memory would.
  const impl = misbehaving(sandbox, 'killed');
  const verify = [...verifyOf(6), '--json', '--impl', impl];
  const ended = await sandbox.run(verify);
  assert.equal(ended.code, EXIT.infrastructure, ended.stderr);
  assert.match(ended.stderr, /^holdfast: The infrastructure failed, .*signal SIGKILL/);
  const report = reportOf(ended);
  assert.equal(report.exitCode, EXIT.infrastructure);
  assert.ok(report.locks[0]?.cells.some(({ runs }) => runs > 0));
  await sandbox.untilNothingLeft();
});

void describe('the command that a report names shows it again, and it can be made smaller', { concurrency: 1 }, () => {
  for (const backend of ['native', 'sim'] as const) {
    void test(`a breach, ${backend}`, async () => {
      await using sandbox = new Sandbox();
      const impl = misbehaving(sandbox, 'unhandled-error');
      const verify = [...verifyOf(1), '--impl', impl];
      const simulated = backend === 'sim' ? ['--backend', 'sim'] : [];
      assert.equal((await sandbox.run([...verify, ...simulated])).code, EXIT.violated);
      const replayed = await sandbox.run(['replay', 'runs/latest', '--quiet', '--json', ...simulated]);
      assert.equal(replayed.code, EXIT.violated, replayed.stderr);
      assertTold(reportOf(replayed), 'unhandled-error');
      const shrunk = await sandbox.run(['replay', 'runs/latest', '--shrink', '--quiet', '--json', ...simulated]);
      assert.equal(shrunk.code, EXIT.violated, shrunk.stderr);
      assert.match(shrunk.stderr, /unhandled-error: .*smaller plans were tried: runs\/shrunk-/);
      await sandbox.untilNothingLeft();
    });
  }

  void test('a violation on real processes', async () => {
    await using sandbox = new Sandbox();
    const verify = [...verifyOf(1), '--impl', 'none'];
    assert.equal((await sandbox.run(verify)).code, EXIT.violated);
    const { code, stderr } = await sandbox.run(['replay', 'runs/latest', '--shrink', '--quiet']);
    assert.equal(code, EXIT.violated, stderr);
    await sandbox.untilNothingLeft();
  });

  void test('a plan that breaks nothing is not made smaller', async () => {
    await using sandbox = new Sandbox();
    const verify = [...verifyOf(1, 1), '--impl', 'local'];
    await sandbox.run(verify);
    const { code, stderr } = await sandbox.run(['replay', 'runs/latest/plan-000.json', '--shrink', '--quiet']);
    assert.equal(code, EXIT.inconclusive, stderr);
    assert.match(stderr, /^holdfast: the plan broke nothing that is claimed/);
  });
});
