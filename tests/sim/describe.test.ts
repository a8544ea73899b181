/** A lock without claims is described: what held, what broke, and the claims that it could make, to be pasted. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verify } from '../../harness/commands/verify.ts';
import { EXIT } from '../../harness/verdict/exit-codes.ts';
import { renderMarkdown } from '../../reports/markdown.ts';
import { renderTerminal } from '../../reports/terminal.ts';

const out = mkdtempSync(join(tmpdir(), 'holdfast-describe-'));
after(() => rmSync(out, { recursive: true }));

void test('a lock module without claims is described, and gets them in TypeScript', async () => {
  const impl = join(import.meta.dirname, 'fixtures', 'claims-nothing.ts');
  const hazards = ['none', 'client-pause'] as const;
  const { report } = await verify({ impl, hazards, backend: 'sim', runs: 2, seed: 1, out });
  assert.equal(report.exitCode, EXIT.ok, report.conclusion);
  const [lock] = report.locks;
  const cell = (property: string, hazard: string): string | undefined =>
    lock?.cells.find((one) => one.property === property && one.hazard === hazard)?.verdict;
  assert.equal(cell('exclusion', 'client-pause'), 'holds');
  const claims =
    /claims: \{\n  exclusion: \{ otherwise: 'not-promised', except: \{ none: 'holds', 'client-pause': 'holds' \} \},/;
  assert.match(renderTerminal(report), claims);
  assert.match(renderMarkdown(report), claims);
  // What was not tried is not on the table.
  assert.equal(Object.hasOwn(Object(lock?.supportedClaims?.['exclusion'] ?? {}), 'latency'), false);
});
