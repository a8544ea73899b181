import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { commandOf } from '../../harness/cli/run-name.ts';

void test('the command of a run can be pasted as it is, credentials left out', () => {
  const args = ['--impl', './my lock.ts', '--threshold', 'acquire p(99)<50', "it's", '$HOME', '', '--hold', '10-50ms'];
  const command = commandOf(['bench', ...args]);
  const words = execFileSync('sh', ['-c', command.replace('npm run bench --', String.raw`printf '%s\n'`)], {
    encoding: 'utf8',
  });
  assert.equal(words, `${args.join('\n')}\n`);
  assert.equal(commandOf(['list']), 'npm run list');
  assert.doesNotMatch(commandOf(['verify', '--endpoint', 'redis=redis://user:secret@127.0.0.1']), /secret/u);
});
