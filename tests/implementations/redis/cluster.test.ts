/** The lock on a Redis Cluster. */
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

void it(
  'a process that closes its lock while the layout is being read ends by itself',
  { timeout: 20_000 },
  async (t) => {
    const program = fileURLToPath(new URL('closed-cluster.ts', import.meta.url));
    await promisify(execFile)(process.execPath, [program], { signal: t.signal });
  },
);
