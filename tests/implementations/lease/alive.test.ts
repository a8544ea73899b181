/** Whoever waits for a lock keeps the process alive, whatever else there is to do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../../harness/backends/ports.ts';

const LOCKS = [
  ...['postgres-table', 'postgres-advisory', 'mariadb-table', 'mariadb-row'],
  ...['redis', 'redis-fair', 'redlock', 'etcd', 'consul', 'zookeeper'],
];
const TIMEOUT_MS = 400;

/** Rejects when the process ends otherwise than with exit code 0. */
async function inProcess(lock: string, port: number, file = ''): Promise<string> {
  const script = join(import.meta.dirname, 'lone-waiter.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    lock,
    String(TIMEOUT_MS),
    String(port),
    file,
  ]);
  return stdout.trim();
}

void describe('a process that only waits', { concurrency: 2 }, () => {
  for (const lock of LOCKS) {
    void it(`${lock}: is told after its time that there is no server`, async () => {
      const [code, , waitedMs] = (await inProcess(lock, await freePort())).split(' ');
      assert.equal(code, 'LOCK_BACKEND_UNAVAILABLE');
      assert.ok(Number(waitedMs) >= TIMEOUT_MS);
    });
  }

  void it('sqlite: is told after its time that the lock is busy; and nobody stays for a lease that nobody awaits', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-alive-'));
    context.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'locks.sqlite');
    assert.equal(await inProcess('sqlite', 0, file), 'granted');
    const [code, , waitedMs] = (await inProcess('sqlite', 0, file)).split(' ');
    assert.equal(code, 'LOCK_TIMEOUT');
    assert.ok(Number(waitedMs) >= TIMEOUT_MS);
  });
});
