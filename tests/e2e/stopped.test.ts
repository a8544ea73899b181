/** A harness that is stopped in the midst of a run, as on a laptop that sleeps, accuses nobody. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { ROOT, Sandbox, until, type Alive } from './program.ts';

/** Longer than a lease and than what a lock is given to recover. */
const STOPPED_MS = 5000;
const isHarness = ({ command }: Alive): boolean => command.includes('cli/main');

void describe('stopped for a while and continued', { concurrency: 1 }, () => {
  const whom: readonly [string, (one: Alive) => boolean][] = [
    ['the harness alone', isHarness],
    ['everything that it started, too', () => true],
  ];
  for (const [name, isMeant] of whom) {
    void test(name, async () => {
      await using sandbox = new Sandbox();
      const args = ['verify', '--impl', 'redis-basic', '--backend', 'native', '--hazard', 'none', '--runs', '2'];
      const running = sandbox.start([...args, '--out', 'runs']);
      // The first plan is run when its workers record.
      await until(
        () => readdirSync(sandbox.temp, { recursive: true }).some((file) => String(file).includes('0-worker-0-0')),
        () => running.stderr,
      );
      const stopped = sandbox.processes().filter(isMeant);
      for (const { pid } of stopped) process.kill(pid, 'SIGSTOP');
      await sleep(STOPPED_MS);
      for (const { pid } of stopped) process.kill(pid, 'SIGCONT');
      const { code, stdout } = await running.ended;
      assert.ok(code === EXIT.ok || code === EXIT.inconclusive, `exit code ${code}: ${stdout}`);
      await sandbox.untilNothingLeft();
    });
  }
});

void test('a case of conformance that hangs ends when the program is told to', async () => {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    await using sandbox = new Sandbox();
    const module = hanging(sandbox);
    const running = sandbox.start(['conformance', '--impl', module, '--case', 'one holder at a time']);
    await until(
      () => existsSync(join(sandbox.work, 'asked')),
      () => running.stderr,
    );
    running.signal(signal);
    assert.equal((await running.ended).code, EXIT.interrupted);
    await sandbox.untilNothingLeft();
  }
});

/** A lock whose calls never come back, and which says that it was called. */
function hanging({ work }: Sandbox): string {
  writeFileSync(
    join(work, 'hanging.mjs'),
    `import { writeFileSync } from 'node:fs';
     import { lock as local } from ${JSON.stringify(join(ROOT, 'implementations', 'baseline', 'local.ts'))};
     const never = () => { writeFileSync(${JSON.stringify(join(work, 'asked'))}, ''); return new Promise(() => undefined); };
     const lock = { acquire: never, tryAcquire: never, using: never, inspect: never, health: async () => ({ ok: true }) };
     export const hanging = { ...local, name: 'hanging', connect: async () => ({ lock, close: never }) };
     export { hanging as lock };`,
  );
  return './hanging.mjs';
}
