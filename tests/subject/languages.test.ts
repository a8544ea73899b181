/** One lock in each language, built as users build it: its helper keeps the protocol in every corner. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { ROOT, Sandbox } from '../e2e/program.ts';

const SUBJECTS = {
  Go: 'go/redsync/redsync.json',
  Java: 'java/redisson/redisson.json',
  Python: 'python/redis-py/subject.json',
  Rust: 'rust/rslock/rslock.json',
} as const;

void describe('a lock with the helper', { concurrency: 1 }, () => {
  for (const [language, file] of Object.entries(SUBJECTS)) {
    void test(`in ${language} keeps the protocol in every corner, and leaves nothing`, async () => {
      await using sandbox = new Sandbox();
      const { code, stdout, stderr } = await sandbox.run([
        ...['subject', 'test', join(ROOT, 'implementations', 'adapters', file), '--backend', 'native', '--json'],
      ]);
      assert.equal(code, EXIT.ok, stdout + stderr);
      const { cases } = JSON.parse(stdout) as { cases: { outcome: string }[] };
      assert.ok(cases.filter(({ outcome }) => outcome === 'passed').length >= 12, stdout);
      await sandbox.untilNothingLeft();
    });
  }
});
