/** Every test belongs to one of the scripts that `npm test` runs. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');

test('each test file is run by exactly one of test:fast, test:sim and test:servers', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const run = ['test:fast', 'test:sim', 'test:servers'].flatMap((name) =>
    [...(scripts[name] ?? '').matchAll(/'([^']+)'/g)].flatMap(([, pattern = '']) => globSync(pattern, { cwd: ROOT })),
  );
  assert.deepEqual(run.toSorted(), globSync('tests/**/*.test.ts', { cwd: ROOT }).toSorted());
});
