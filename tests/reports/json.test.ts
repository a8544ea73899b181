import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { reportSchema } from '../../harness/report/report.ts';
import { renderJson, reportJsonSchema } from '../../reports/json.ts';
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

test('report.schema.json is up to date; otherwise run `npm run schema`', async () => {
  const shipped: unknown = JSON.parse(
    await readFile(new URL('../../reports/report.schema.json', import.meta.url), 'utf8'),
  );
  assert.deepEqual(shipped, JSON.parse(JSON.stringify(reportJsonSchema())));
});
