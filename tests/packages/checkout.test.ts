import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DOORS } from './doors.ts';
import { mustRun, ROOT } from './stranger.ts';

void it('in the checkout, the packages are their sources under the condition that its scripts set', () => {
  for (const name of ['holdfast', 'holdfast/adapters', 'holdfast/testing', ...DOORS]) {
    assert.doesNotMatch(import.meta.resolve(name), /\/dist\//, name);
    assert.match(import.meta.resolve(name), /\.ts$/, name);
  }
});

void it('a module in the checkout that imports holdfast is loaded by --impl, and so by its workers', async () => {
  const args = ['--impl', 'tests/packages/fixtures/own-lock.ts', '--backend', 'native', '--profile', 'smoke'];
  const output = await mustRun(ROOT, process.execPath, 'harness/cli/main.ts', 'verify', ...args, '--seed', '1');
  assert.match(output, /npm run verify -- --impl tests\/packages\/fixtures\/own-lock\.ts/);
});
