/** The examples of docs/history-format.md are judged as it says. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkFile } from '../../harness/check/check.ts';
import { MODELS } from '../../harness/check/verdict.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/history-format.md'), 'utf8');

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-docs-'));
});
after(() => rmSync(folder, { recursive: true }));

const examples = [...PAGE.matchAll(/```(?:edn|json)\n([^]*?)```/g)].map(([, text = '']) => text);

void test('there are examples of each notation', () => assert.equal(examples.length, 4));

for (const text of examples) {
  const model = MODELS.find((one) => text.includes(`--model ${one}`));
  void test(`an example of ${text.split('\n', 1)[0]} is judged as it says`, async () => {
    const path = join(folder, 'example');
    writeFileSync(path, text);
    assert.equal((await checkFile(path, model)).verdict.valid, !text.includes('INVALID'));
  });
}
