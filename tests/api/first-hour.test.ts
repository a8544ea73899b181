/** The first hour, step by step as the page has it: two mistakes are found, and then nothing more. */
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { reportSchema } from '../../harness/report/report.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { ROOT, Sandbox, type Ended } from '../e2e/program.ts';
import { Stranger } from './stranger.ts';

const [mutex = '', module = '', mended = '', tokens = '', inTime = ''] = [
  ...readFileSync(join(ROOT, 'docs', 'first-hour.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs),
].map(([, code = '']) => code);

/** What `take` does in the module, from the deadline to the answer. */
const STEP = / {12}const expiresAt = [^]*?release: \(\) => mutex\.unlock\(key\) \};\n/u;

void test('the lock of the first hour loses its mistakes one after the other', async () => {
  await using sandbox = new Sandbox();
  using stranger = new Stranger();
  symlinkSync(join(ROOT, 'implementations'), join(stranger.folder, 'node_modules', 'holdfast-locks'));
  const told = ({ stdout }: Ended): string =>
    (reportSchema.parse(JSON.parse(stdout)).locks[0]?.cells ?? [])
      .filter(({ verdict, claim }) => verdict === 'violated' && claim === 'holds')
      .flatMap(({ witness }) => witness?.story ?? [])
      .join('\n');
  const verify = async (lock: string, code: string): Promise<Ended> => {
    stranger.write('redis-mutex.ts', lock);
    stranger.write('holdfast-lock.ts', code);
    const plans = ['--hazard', 'none,client-pause,latency', '--runs', '3', '--seed', '1', '--backend', 'sim'];
    const args = ['verify', '--impl', './holdfast-lock.ts', ...plans, '--quiet', '--json'];
    return sandbox.run([...args, '--out', join(sandbox.work, 'runs')], { cwd: stranger.folder });
  };

  const first = await verify(mutex, module);
  assert.equal(first.code, EXIT.violated, first.stderr);
  assert.match(told(first), /the release of .* after its own deadline.*freed the lock of/u);

  const second = await verify(mended, module.replace(STEP, tokens));
  assert.equal(second.code, EXIT.violated, second.stderr);
  assert.match(told(second), /had already expired when it was granted/u);
  assert.doesNotMatch(told(second), /freed the lock of/u);

  const last = await verify(mended, module.replace(STEP, inTime));
  assert.equal(last.code, EXIT.ok, last.stdout + last.stderr);
  stranger.write('redis-mutex.ts', mended);
  assert.equal(await stranger.typeErrors(), '');
});
