import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Session } from '../../harness/backends/session.ts';

test('a folder is new, also when its name was asked for before: two locks of one run do not share histories', async (context) => {
  const session = await Session.open();
  context.after(() => session.close());
  writeFileSync(join(session.folder('arena-0'), '0-worker-0.ndjson'), '');
  assert.deepEqual(readdirSync(session.folder('arena-0')), []);
});
