/** What `init` writes runs at once, as users meet it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportSchema } from '../../harness/report/report.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { Sandbox } from '../e2e/program.ts';

void test('a lock in Python is written, built, run on real servers, and described', async () => {
  await using sandbox = new Sandbox();
  const written = await sandbox.run(['init', '--language', 'python']);
  assert.equal(written.code, EXIT.ok, written.stderr);
  const verify = ['verify', '--hazard', 'none', '--workers', '2', '--runs', '1', '--seed', '1', '--quiet', '--json'];
  const { code, stdout, stderr } = await sandbox.run([...verify, '--backend', 'native']);
  assert.equal(code, EXIT.ok, stderr);
  const [lock] = reportSchema.parse(JSON.parse(stdout)).locks;
  assert.deepEqual([lock?.name, lock?.library?.version], ['my-lock', '8.1.0']);
  assert.ok(Object.keys(lock?.supportedClaims ?? {}).length > 0, stdout);
  await sandbox.untilNothingLeft();
});
