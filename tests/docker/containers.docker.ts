/** `--backend docker` on a real engine: the same verdicts as anywhere, and no container, network or volume left. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Hazard } from '../../implementations/claims.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { PROFILES } from '../../harness/faults/plans.ts';
import { reportSchema, type LockReport } from '../../harness/report/report.ts';
import { namesIn, Sandbox, until, type Ended } from '../e2e/program.ts';
import { belongings, provideEngine, untilBelongings } from './engine.ts';
import { buildImages } from './images.ts';

const stack = new AsyncDisposableStack();
let env: Readonly<Record<string, string>> = {};
let atFirst: readonly string[] = [];
before(async () => {
  stack.use(await provideEngine());
  env = stack.use(await buildImages('containers')).environment;
  atFirst = await belongings();
});
after(() => stack.disposeAsync());

const verify = (backend: string, impl: string, ...more: string[]): string[] => [
  ...['verify', '--backend', backend, '--impl', impl, '--seed', '3', '--json', ...more],
];

function reportOf({ stdout }: Ended): LockReport {
  const [lock] = reportSchema.parse(JSON.parse(stdout)).locks;
  assert.ok(lock !== undefined);
  return lock;
}

function assertBitten({ cells }: LockReport, hazards: readonly Hazard[]): void {
  for (const hazard of hazards) {
    const of = cells.filter((cell) => cell.hazard === hazard);
    assert.ok(
      of.some((cell) => (hazard === 'none' ? cell.runs : cell.faultsBitten) > 0),
      `${hazard} did not take effect`,
    );
  }
}

async function assertNothingLeft(sandbox: Sandbox): Promise<void> {
  await sandbox.untilNothingLeft();
  await untilBelongings((now) => now.every((one) => atFirst.includes(one)));
}

for (const [impl, backend, because] of [
  ['redis-basic', 'auto', /^a Docker engine \d\S* answers$/],
  ['redlock', 'docker', /^asked for$/],
] as const) {
  void test(`${impl} holds in containers, with --backend ${backend}`, async () => {
    await using sandbox = new Sandbox();

    const ended = await sandbox.run(verify(backend, impl, '--profile', 'smoke'), { env });

    assert.equal(ended.code, EXIT.ok, ended.stderr);
    const report = reportOf(ended);
    assert.equal(report.backend.provisioner, 'docker');
    const { provisionerReason = '' } = report.backend;
    assert.match(provisionerReason, because);
    const [first = ''] = ended.stderr.split('\n');
    assert.ok(first.includes(`docker: ${provisionerReason}`), `the first line says it: ${first}`);
    assertBitten(report, PROFILES.smoke.hazards);
    for (const hazard of ['clock-jump', 'clock-jump-back'] as const) {
      assert.match(report.notTestable.find((one) => one.hazard === hazard)?.reason ?? '', /clock of a container/);
    }
    await assertNothingLeft(sandbox);
  });
}

void test('servers in containers are paused, killed and emptied, and a minority of them cut off', async () => {
  await using sandbox = new Sandbox();
  const hazards: readonly Hazard[] = ['server-pause', 'server-crash-volatile', 'minority-partition'];

  const ended = await sandbox.run(verify('docker', 'redlock', '--hazard', hazards.join(','), '--runs', '2'), { env });

  assert.equal(ended.code, EXIT.ok, ended.stderr);
  assertBitten(reportOf(ended), hazards);
  await assertNothingLeft(sandbox);
});

void describe('a run that is ended early leaves no container', { concurrency: 1 }, () => {
  const running = (sandbox: Sandbox): boolean => namesIn(join(sandbox.work, 'runs')).length > 0;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGKILL', 137],
  ] as const) {
    for (const phase of ['containers start', 'the lock is in use'] as const) {
      void test(`${signal} while ${phase}`, async () => {
        await using sandbox = new Sandbox();
        const program = sandbox.start(verify('docker', 'redlock', '--hazard', 'server-pause', '--runs', '9'), { env });
        if (phase === 'containers start') await untilBelongings((now) => now.length > atFirst.length);
        await until(
          () => phase === 'containers start' || running(sandbox) || program.hasEnded,
          () => program.stderr,
        );

        assert.ok(program.signal(signal), program.stderr);

        const ended = await program.ended;
        assert.equal(ended.code, code, ended.stderr);
        await assertNothingLeft(sandbox);
      });
    }
  }
});

void describe('what is missing is told in one line', () => {
  for (const [name, more, says] of [
    ['an engine', { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, /no Docker engine answers: start one, or/],
    // Nobody listens there: as a registry that cannot be reached.
    ['an image', { HOLDFAST_IMAGE_REDIS: '127.0.0.1:1/none:1' }, /containers cannot be started: .*127\.0\.0\.1:1/],
  ] as const) {
    void test(name, async () => {
      await using sandbox = new Sandbox();

      const ended = await sandbox.run(verify('docker', 'redis-basic'), { env: { ...env, ...more } });

      assert.equal(ended.code, EXIT.infrastructure, ended.stderr);
      const lines = ended.stderr.split('\n').filter((line) => line.startsWith('holdfast:'));
      assert.equal(lines.length, 1, ended.stderr);
      assert.match(lines[0] ?? '', says);
      assert.deepEqual(namesIn(join(sandbox.work, 'runs')), []);
      await assertNothingLeft(sandbox);
    });
  }
});
