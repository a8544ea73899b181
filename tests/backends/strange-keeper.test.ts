import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const MAIN = join(import.meta.dirname, '../../harness/cli/main.ts');

for (const answer of ['not json', '7', '{"id":0}', '{"id":0,"value":[{"backend":"redis"}]}']) {
  void test(`a keeper that answers ${answer} is named in one line, as trouble that is no lock's`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-keeper-'));
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(`${answer}\n`));
    });
    server.listen(join(folder, `holdfast-up-${userInfo().uid}.sock`));
    await once(server, 'listening');
    try {
      const env = { ...process.env, XDG_RUNTIME_DIR: folder };
      const child = spawn(process.execPath, [MAIN, 'up', '--backends', 'redis', '--backend', 'native'], { env });
      let told = '';
      child.stderr.on('data', (text: Buffer) => (told += text.toString()));
      const [code] = await once(child, 'close');
      assert.equal(code, 5);
      assert.match(told, /^holdfast: what listens at .* does not answer as the keeper of the servers does[^\n]*\n$/);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
}
