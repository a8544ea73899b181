/** Every snippet of these pages is sound TypeScript and runs, in a folder of its own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../e2e/program.ts';
import { Stranger } from './stranger.ts';

/** What each snippet prints, in the order of the page. */
const PAGES: Readonly<Record<string, readonly RegExp[]>> = {
  'api.md': [
    /^redlock: [^\n]+\n(?:[^\n]+\n)*exclusion none holds\n(?:[^\n]+\n)*more in runs\/\S+-redlock\/report\.html\n$/,
    /^exclusion: /m,
    /^\d+ schedules, \d+ violations, interrupted: true\n$/,
    /^there is no lock named "redlok"; did you mean "redlock"\?\n$/,
    /^\S+ with [01] fault\n1\n$/,
    /^history\.ndjson true\n$/,
  ],
  'decorators.md': [/^\[ 'orders', 'reports' \] true\n$/, /^$/],
  'scenarios.md': [/^$/],
  'testing.md': [
    /^✔ my lock keeps its promises /,
    /^valid: (true|false)[ .]+\d[^\n]+%\nvalid: (true|false)[ .]+\d[^\n]+%\n$/,
  ],
};

for (const [page, prints] of Object.entries(PAGES)) {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  void describe(`the snippets of docs/${page}`, () => {
    for (const [index, code] of snippets.entries()) {
      void test(`snippet ${index + 1} runs`, async () => {
        using stranger = new Stranger();
        stranger.write('snippet.ts', code);
        const { stdout, stderr } = await stranger.run('snippet.ts');
        assert.equal(stderr, '');
        assert.match(stdout, prints[index] ?? /^$/);
      });
    }

    void test('the compiler accepts all of them', async () => {
      using stranger = new Stranger();
      for (const [index, code] of snippets.entries()) stranger.write(`snippet-${index + 1}.ts`, code);
      assert.equal(await stranger.typeErrors(), '');
    });
  });
}
