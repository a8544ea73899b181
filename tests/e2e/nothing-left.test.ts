/** However a run ends, and whenever: no process and no temporary file of it stays. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { casesOf, FIRST_CASE } from '../effort.ts';
import { reportSchema } from '../../harness/report/report.ts';
import { namesIn, Sandbox, until, type Running } from './program.ts';

const SEED = 20_260 + FIRST_CASE;
const OF_EACH_KIND = casesOf(8);

/** When the signal is sent: so many milliseconds after that phase began. */
interface Moment {
  readonly phase: 'start-up' | 'running' | 'reporting';
  readonly afterMs: number;
  readonly lock: 'redis-basic' | 'redlock';
}

/** From the first moment of a phase to about its end. */
const LENGTH_MS: Readonly<Record<Moment['phase'], number>> = { 'start-up': 2000, running: 3500, reporting: 400 };

/** Any moment of a phase is as likely as any other: without bias, which would prefer its first and its last. */
const moment: fc.Arbitrary<Moment> = fc.noBias(
  fc
    .constantFrom<Moment['phase'][]>('start-up', 'start-up', 'running', 'running', 'running', 'reporting')
    .chain((phase) =>
      fc.record({
        phase: fc.constant(phase),
        afterMs: fc.integer({ min: 0, max: LENGTH_MS[phase] }),
        lock: fc.constantFrom<Moment['lock'][]>('redis-basic', 'redis-basic', 'redlock'),
      }),
    ),
);

const MOMENTS = fc.sample(moment, { seed: SEED, numRuns: 2 * OF_EACH_KIND });

function verify(sandbox: Sandbox, lock: string, hazards: string): Running {
  return sandbox.start([
    'verify',
    '--impl',
    lock,
    '--backend',
    'native',
    '--profile',
    'smoke',
    '--workers',
    '2',
    '--hazard',
    hazards,
    '--seed',
    '1',
  ]);
}

const runFolder = (sandbox: Sandbox): string | undefined => {
  const runs = join(sandbox.work, 'runs');
  // Beside it may stand what tries whether the folder can be written to.
  const name = namesIn(runs).find((one) => one !== 'latest' && !one.startsWith('.'));
  return name === undefined ? undefined : join(runs, name);
};

/** The files of a run folder that begin like this. */
const filesOf = (sandbox: Sandbox, start: string): string[] =>
  namesIn(runFolder(sandbox) ?? '/nowhere').filter((name) => name.startsWith(start));

const WORKER = /subject\/main/;
const hasWorkers = (sandbox: Sandbox): boolean => sandbox.processes().some(({ command }) => WORKER.test(command));

async function untilPhase(running: Running, sandbox: Sandbox, phase: Moment['phase']): Promise<void> {
  const begun = (): boolean => {
    if (phase === 'start-up') return true;
    return phase === 'running' ? hasWorkers(sandbox) : filesOf(sandbox, 'history').length > 0;
  };
  await until(
    () => begun() || running.hasEnded,
    () => `${phase} did not begin: ${running.stderr}`,
  );
}

/** Starts a run, and signals it at the moment. @returns whether it was still running then. */
async function strike(sandbox: Sandbox, { phase, afterMs, lock }: Moment, signal: NodeJS.Signals) {
  // Reporting is reached soonest with a single plan.
  const running = verify(
    sandbox,
    lock,
    phase === 'reporting' ? 'client-crash' : 'client-pause,server-crash,client-crash',
  );
  await untilPhase(running, sandbox, phase);
  await sleep(afterMs);
  const struck = running.signal(signal);
  return { running, struck };
}

const nameOf = ({ phase, afterMs, lock }: Moment): string => `${lock}, ${afterMs} ms into ${phase}`;

void describe('Ctrl-C leaves nothing behind, exits 130, and keeps what it has', { concurrency: 4 }, () => {
  for (const one of MOMENTS.slice(0, OF_EACH_KIND)) {
    void test(nameOf(one), async () => {
      await using sandbox = new Sandbox();
      const { running, struck } = await strike(sandbox, one, 'SIGINT');
      const { code, stdout, stderr } = await running.ended;
      if (struck) assert.equal(code, 130, stderr);
      else assert.ok([0, 4].includes(code), stderr);
      assert.doesNotMatch(stderr, /^\s+at /m);
      await sandbox.untilNothingLeft();
      const histories = filesOf(sandbox, 'history');
      const judged = readReport(sandbox);
      if (histories.length === 0) {
        assert.deepEqual(namesIn(join(sandbox.work, 'runs')), [], 'no plan had finished: nothing to show');
        return;
      }
      assert.ok(judged !== undefined, 'a plan had finished: there is a report');
      assert.match(stdout, /exit code/);
      if (judged.exitCode === 130) assert.match(stdout, /Interrupted/);
      const runs = judged.locks.flatMap(({ cells }) => cells).filter(({ property }) => property === 'exclusion');
      assert.equal(
        runs.reduce((sum, cell) => sum + cell.runs, 0),
        histories.length,
        'every history that was written is in the report',
      );
    });
  }
});

function readReport(sandbox: Sandbox) {
  const folder = runFolder(sandbox);
  if (folder === undefined || filesOf(sandbox, 'report.json').length === 0) return undefined;
  return reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
}

void describe('a harness that is killed leaves nothing behind', { concurrency: 4 }, () => {
  for (const one of MOMENTS.slice(OF_EACH_KIND)) {
    void test(nameOf(one), async () => {
      await using sandbox = new Sandbox();
      const { running } = await strike(sandbox, one, 'SIGKILL');
      await running.ended;
      await sandbox.untilNothingLeft();
    });
  }
});

void describe('what was stopped at the time goes too', { concurrency: 2 }, () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    for (const [hazard, stopped] of [
      ['client-pause', WORKER],
      ['server-pause', /redis-server/],
    ] as const) {
      void test(`${signal} during a ${hazard}`, async () => {
        await using sandbox = new Sandbox();
        const running = verify(sandbox, 'redis-basic', hazard);
        await until(
          () => sandbox.processes().some(({ state, command }) => state === 'T' && stopped.test(command)),
          () => `nothing was stopped: ${running.stderr}`,
        );
        assert.ok(running.signal(signal));
        const { code, stderr } = await running.ended;
        assert.equal(code, signal === 'SIGINT' ? 130 : 137, stderr);
        await sandbox.untilNothingLeft();
      });
    }
  }
});

void test('a second Ctrl-C does not wait, and leaves nothing behind either', async () => {
  await using sandbox = new Sandbox();
  const running = verify(sandbox, 'redlock', 'client-pause');
  await untilPhase(running, sandbox, 'running');
  running.signal('SIGINT');
  running.signal('SIGINT');
  assert.equal((await running.ended).code, 130);
  await sandbox.untilNothingLeft();
});
