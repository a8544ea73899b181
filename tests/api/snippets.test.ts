/** Every snippet of docs/api.md is sound TypeScript and runs, in a folder of its own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../e2e/program.ts';
import { Stranger } from './stranger.ts';

const PAGE = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');
const SNIPPETS = [...PAGE.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);

/** What each prints, in the order of the page. */
const PRINTS: readonly RegExp[] = [
  /^redlock: [^\n]+\n(?:[^\n]+\n)*exclusion none holds\n(?:[^\n]+\n)*more in runs\/\S+-redlock\/report\.html\n$/,
  /^exclusion: /m,
  /^\d+ schedules, \d+ violations, interrupted: true\n$/,
  /^there is no lock named "redlok"; did you mean "redlock"\?\n$/,
  /^\S+ with [01] fault\n1\n$/,
  /^history\.ndjson true\n$/,
];

void describe('the snippets of docs/api.md', () => {
  for (const [index, code] of SNIPPETS.entries()) {
    void test(`snippet ${index + 1} runs`, async () => {
      using stranger = new Stranger();
      stranger.write('snippet.ts', code);
      const { stdout, stderr } = await stranger.run('snippet.ts');
      assert.equal(stderr, '');
      assert.match(stdout, PRINTS[index] ?? /^$/);
    });
  }

  void test('the compiler accepts all of them', async () => {
    using stranger = new Stranger();
    for (const [index, code] of SNIPPETS.entries()) stranger.write(`snippet-${index + 1}.ts`, code);
    assert.equal(await stranger.typeErrors(), '');
  });
});
