/** Each file in `cases/` is a history and, in its header, the verdict that each model must reach on it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { checkFile, checkHistory } from '../../harness/check/check.ts';
import { MODELS, type Finding, type Verdict } from '../../harness/check/verdict.ts';
import { loadHistory } from '../../harness/history/read.ts';

const CASES = join(import.meta.dirname, 'cases');

const expectedFinding = z.strictObject({
  kind: z.enum(['violation', 'overrun', 'inconclusive']),
  property: z.string(),
  leases: z.array(z.string()),
  at: z.number().optional(),
  cause: z.string().optional(),
});
const header = z.looseObject({
  about: z.string(),
  expect: z.partialRecord(
    z.enum(MODELS),
    z.strictObject({
      valid: z.union([z.boolean(), z.literal('unknown')]),
      findings: z.array(expectedFinding),
      counts: z.record(z.string(), z.number()).optional(),
    }),
  ),
});

/** Only what the expectation speaks of. */
function told(finding: Finding, expected: z.infer<typeof expectedFinding> | undefined): unknown {
  const { kind, property, leases, at, cause } = finding;
  return {
    kind,
    property,
    leases,
    ...(expected?.at !== undefined && { at }),
    ...(cause !== undefined && { cause }),
  };
}

for (const file of readdirSync(CASES)) {
  const path = join(CASES, file);
  const history = await loadHistory(path);
  const { about, expect } = header.parse(history.header);
  for (const model of MODELS) {
    const expected = expect[model];
    if (expected === undefined) continue;
    const compare = (verdict: Verdict): void => {
      assert.equal(verdict.valid, expected.valid);
      assert.deepEqual(
        verdict.findings.map((finding, index) => told(finding, expected.findings[index])),
        expected.findings,
      );
      assert.partialDeepStrictEqual(verdict.counts, expected.counts ?? {});
      assert.equal(verdict.reason !== undefined, expected.valid === 'unknown', 'only "unknown" has a reason');
      for (const { summary, witness } of verdict.findings) {
        assert.ok(summary.length > 20 && !summary.includes('undefined') && !summary.includes('NaN'), summary);
        assert.ok(witness.length > 0, 'a finding has a witness');
      }
    };
    void test(`${model}: ${about}`, async () => {
      compare(checkHistory(history, model));
      compare((await checkFile(path, model)).verdict);
      const backwards = { ...history, events: history.events.toReversed() };
      compare(checkHistory(backwards, model));
    });
  }
}
