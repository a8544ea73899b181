/** A search may be long: its schedules leave nothing behind. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { OWN_FLAGS } from '../../harness/base/own-module.ts';
import { it } from 'node:test';
import { promisify } from 'node:util';

const HEAP = join(import.meta.dirname, 'heap.ts');
/** What 30 schedules may leave; connections of `node:http` that are never closed would leave three times as much. */
const MOST_BYTES = 4e6;

void it('schedules of a lock that talks HTTP leave nothing in memory, though processes are killed and connections stay open', async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--expose-gc', ...OWN_FLAGS, HEAP, 'consul', '60']);
  const [half = 0, all = Infinity] = JSON.parse(stdout) as number[];
  assert.ok(all - half < MOST_BYTES, `${all - half} bytes`);
});
