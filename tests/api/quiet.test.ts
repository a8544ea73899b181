/** What a program that calls the commands sees of them besides their results: nothing. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, Sandbox } from '../e2e/program.ts';
import { Stranger } from './stranger.ts';

void test('nothing is written to stdout or stderr, found violations and interruptions included', async () => {
  using stranger = new Stranger();
  stranger.write(
    'quiet.ts',
    `import { bench, check, doctor, replay, setup, shrink, soak, verify } from 'holdfast';
     const broken = { impl: 'no-owner-delete', backend: 'sim', hazards: ['client-pause'], seed: 3 } as const;
     const { folder = '' } = await verify({ ...broken, timeMs: 2000, bail: true });
     await shrink({ plan: folder, backend: 'sim' });
     await replay({ plan: folder, backend: 'sim' });
     await verify(broken, { signal: AbortSignal.abort() });
     await soak({ impl: 'no-owner-delete', schedules: 50, seed: 3 });
     await bench({ impl: 'redis-basic', backend: 'sim', durationMs: 100 });
     await check({ files: ['nowhere.ndjson'], model: 'lock' });
     await doctor();
     await setup({ dryRun: true });`,
  );
  assert.deepEqual(await stranger.run('quiet.ts'), { stdout: '', stderr: '' });
});

void test('after an interrupted run on real servers the program ends by itself, and nothing of it is left', async () => {
  await using sandbox = new Sandbox();
  writeFileSync(
    join(sandbox.work, 'interrupted.mjs'),
    `import { verify } from ${JSON.stringify(join(ROOT, 'index.ts'))};
     const interrupt = new AbortController();
     const onEvent = ({ type }) => type === 'plan-started' && interrupt.abort();
     const request = { impl: 'redis-basic', backend: 'native', hazards: ['client-pause'], runs: 3 };
     const { interrupted } = await verify(request, { signal: interrupt.signal, onEvent });
     process.exitCode = interrupted ? 7 : 1;`,
  );
  const ended = await sandbox.paste(`${process.execPath} --conditions=holdfast-source interrupted.mjs`);
  assert.deepEqual(ended, { code: 7, stdout: '', stderr: '' });
  await sandbox.untilNothingLeft();
});

void test('who imports a lock does not load the harness', async () => {
  using stranger = new Stranger();
  stranger.write(
    'light.ts',
    `import { registerHooks } from 'node:module';
     const loaded: string[] = [];
     registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
     const { LocalLock } = await import('holdfast');
     const harness = loaded.filter((url) => /\\/(harness|testcontainers|echarts)\\//.test(url));
     console.log(typeof LocalLock, ...harness.map((url) => url.replace(/.*\\/harness\\//, '')));`,
  );
  const { stdout } = await stranger.run('light.ts');
  assert.equal(stdout, 'function commands/api.ts base/errors.ts\n');
});
