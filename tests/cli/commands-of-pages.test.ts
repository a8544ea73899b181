/** Every command line of the pages names a command, and options that it has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(ROOT, 'docs')).map((file) => join('docs', file))];
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const PROGRAM = /^node -C holdfast-source harness\/cli\/main\.ts (\w+)$/;

interface Line {
  readonly page: string;
  readonly script: string;
  readonly options: readonly string[];
}

const lines = PAGES.filter((page) => page.endsWith('.md')).flatMap((page): Line[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\bnpm run ([\w:-]+)((?: -- [^\n#`|&]*)?)/g)].map(
    ([, script = '', rest = '']) => ({ page, script, options: rest.match(/(?<=\s)--[a-z][\w-]*/g) ?? [] }),
  ),
);

void test('there are command lines on the pages, and each names a script', () => {
  assert.ok(lines.length > 40);
  for (const { page, script } of lines) assert.ok(script in scripts, `${page}: npm run ${script}`);
});

void test('the index of the decisions names each of them once, by the anchor of its heading', () => {
  const page = readFileSync(join(ROOT, 'docs', 'decisions.md'), 'utf8');
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/gu, '')
      .replaceAll(' ', '-');
  const named = [...page.matchAll(/\[((?:[^\]])+)\]\(#([\w-]+)\)/g)].map(([, title, anchor]) => `${title} #${anchor}`);
  const all = headings.map((heading) => `${heading} #${anchorOf(heading)}`);
  assert.deepEqual(named.toSorted(), all.toSorted());
});

void describe('the options on the pages', { concurrency: 2 }, () => {
  for (const script of new Set(lines.map((line) => line.script))) {
    const [, command] = PROGRAM.exec(scripts[script] ?? '') ?? [];
    if (command === undefined) continue;
    void test(`of ${command} are such as it has`, async () => {
      const arg = ['-C', 'holdfast-source', 'harness/cli/main.ts', command, '--help'];
      const { stdout } = await promisify(execFile)(process.execPath, arg, { cwd: ROOT });
      const known = new Set(stdout.match(/--[a-z][\w-]*/g));
      for (const { page, options } of lines.filter((line) => line.script === script))
        for (const option of options) assert.ok(known.has(option), `${page}: ${command} ${option}`);
    });
  }
});
