import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { reportSchema } from '../../harness/report/report.ts';
import { renderJson, reportJsonSchema } from '../../reports/json.ts';
import { protocolJsonSchema, subjectJsonSchema } from '../../reports/subject-schemas.ts';
import { allHolds, inconclusive, severalLocks, violated } from './fixtures.ts';
import { hostile } from './hostile.ts';

test('report.json is the report, unchanged', () => {
  for (const make of [allHolds, violated, inconclusive, severalLocks, hostile]) {
    assert.deepEqual(reportSchema.parse(JSON.parse(renderJson(make()))), make());
  }
});

test('a report that breaks its own schema is not written', () => {
  assert.throws(() => renderJson({ ...allHolds(), elapsedMs: -1 }), /elapsedMs/u);
});

for (const [name, schema] of [
  ['report', reportJsonSchema()],
  ['subject', subjectJsonSchema()],
  ['protocol', protocolJsonSchema()],
] as const) {
  test(`${name}.schema.json is up to date; otherwise run \`npm run schema\``, async () => {
    const file = new URL(`../../reports/${name}.schema.json`, import.meta.url);
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), JSON.parse(JSON.stringify(schema)));
  });
}
