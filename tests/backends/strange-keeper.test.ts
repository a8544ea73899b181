import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const MAIN = join(import.meta.dirname, '../../harness/cli/main.ts');

/** What `up` says where this listens in the place of its keeper: an answer for each line, or none; with this mode. */
async function told(
  answer: string | undefined,
  mode: number,
): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-keeper-'));
  const path = join(folder, `holdfast-up-${userInfo().uid}.sock`);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (answer !== undefined) socket.write(`${answer}\n`);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, mode);
  try {
    const env = { ...process.env, XDG_RUNTIME_DIR: folder };
    const child = spawn(process.execPath, [MAIN, 'up', '--backends', 'redis', '--backend', 'native'], { env });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const [code] = await once(child, 'close');
    return { code, stderr };
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

for (const answer of ['not json', '7', '{"id":0}', '{"id":0,"value":[{"backend":"redis"}]}', undefined]) {
  void test(`a keeper that answers ${answer ?? 'nothing'} is named in one line, as trouble that is no lock's`, async () => {
    const { code, stderr } = await told(answer, 0o700);
    assert.equal(code, 5);
    assert.match(stderr, /^holdfast: what listens at .* does not answer as the keeper of the servers does[^\n]*\n$/);
  });
}

void test('a keeper that others could stand in for is not asked', async () => {
  const { code, stderr } = await told('{"id":0,"value":[]}', 0o777);
  assert.equal(code, 5);
  assert.match(stderr, /^holdfast: [^\n]* is open to others \(mode 777\): remove it\n$/);
});
