/** docs/hazards.md beside the hazards that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { HAZARDS } from '../../implementations/claims.ts';
import { findHazard } from '../../harness/faults/hazards/table.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'hazards.md'), 'utf8');
const sections = new Map(
  PAGE.split(/^### /m)
    .slice(1)
    .map((text): [string, string] => [/^`(.+)`/.exec(text)?.[1] ?? '', text.replaceAll(/\s+/g, ' ')]),
);

void it('every hazard has a section of its own in docs/hazards.md, and every section a hazard', () => {
  assert.deepEqual([...sections.keys()].toSorted(), [...HAZARDS].toSorted());
});

void it('the page says of each hazard what the list of hazards says', () => {
  for (const [name, text] of sections) {
    const { summary = 'Nothing is disturbed.' } = findHazard(name) ?? {};
    assert.ok(text.includes(summary), `${name}: "${summary}"`);
  }
});
