/** What the simulation cannot carry is named, and never accused; what it can is judged. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NotSimulable } from '../../harness/plan/errors.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { ROOT, Sandbox } from '../e2e/program.ts';
import { askModule, mixedPlan } from './simulated.ts';

const fixture = (name: string): string => join(ROOT, 'tests', 'sim', 'fixtures', `${name}.ts`);

/** By the file that waits: the call that is named. */
const REAL = {
  file: /readFile of node:fs\/promises/,
  dns: /lookup of node:dns/,
  zlib: /of node:zlib/,
  subtle: /digest of node:crypto/,
  scrypt: /scrypt of node:crypto/,
  thread: /new Worker of node:worker/,
  process: /execFile of node:child_process/,
  datagram: /createSocket of node:dgram/,
  server: /of node:net/,
  'http2-event': /"stream" of node:http2/,
  'http2-call': /ping of node:http2/,
  nobody: /waits for what never comes/,
};

async function obstacleOf(what: string): Promise<NotSimulable> {
  const work = { type: 'plans', plans: [mixedPlan('redis-basic', 0)], whole: true } as const;
  const url = new URL(`fixtures/waits-for/${what}.ts`, import.meta.url).href;
  const error: unknown = await askModule(url, work).catch((reason: unknown) => reason);
  assert.ok(error instanceof NotSimulable, String(error));
  return error;
}

void describe('not simulable, and not accused, is a lock that waits for', () => {
  for (const [what, call] of Object.entries(REAL)) {
    void it(what, async () => {
      const error = await obstacleOf(what);
      assert.match(error.call, call);
      assert.match(error.message, new RegExp(`waits-for.${what}.* is not simulable`));
    });
  }

  void it('a library that waits for files, which is named', async () => {
    const error = await obstacleOf('lockfile');
    assert.match(error.module, /^(proper-lockfile|graceful-fs)$/);
    assert.match(error.call, /of node:fs/);
  });
});

void it('verify --backend sim says so in one line, as trouble of its own', async () => {
  await using sandbox = new Sandbox();
  const { code, stderr } = await sandbox.run(['verify', '--impl', fixture('waits-for/file'), '--backend', 'sim']);
  assert.equal(code, EXIT.infrastructure, stderr);
  assert.match(stderr, /^holdfast: \S+waits-for\/file\.ts is not simulable: it waits for readFile of .*\n$/m);
});

void it('a lock that never grants, though it asks and asks, is accused', async () => {
  await using sandbox = new Sandbox();
  const args = ['verify', '--impl', fixture('never-grants'), '--backend', 'sim', '--hazard', 'none', '--bail'];
  const { code, stdout, stderr } = await sandbox.run(args);
  assert.equal(code, EXIT.violated, stderr);
  assert.match(stdout, /deadlock-freedom/);
});
