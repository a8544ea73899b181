import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMarkdown } from '../../reports/markdown.ts';
import { REPLAY, allHolds, baseline, severalLocks, violated } from './fixtures.ts';
import { hostile } from './hostile.ts';

test('the heading is the conclusion, and each broken claim tells its story', () => {
  const text = renderMarkdown(violated());
  assert.ok(text.startsWith('## Holdfast: broken/no-deadline breaks 2 of its claims'), text);
  assert.ok(text.includes('**✗ exclusion under client-pause** (7 in 52 tries)'));
  assert.ok(text.includes('2. +640 ms  client-pause: worker-1 is stopped'.replace('  ', ' ')));
  assert.ok(text.includes(`\`\`\`sh\n${REPLAY}\n\`\`\``));
});

test('a lock that holds takes a table, what was not tested, and a line of costs', () => {
  const text = renderMarkdown(allHolds());
  assert.match(text, /\| \*\*fencing\*\* \|.*without faults and under 12 hazards: 0 of 1,766 tries/u);
  assert.match(text, /- failover: a single node has no replica/u);
  assert.match(text, /Cost: acquire p50 0\.66, p99 3\.52 ms of 12,480; 1,243 cycles\/s/u);
  assert.ok(text.split('\n').length < 30, 'short enough for a pull request');
});

test('further violations of a property take a line each', () => {
  assert.ok(renderMarkdown(baseline()).includes(`- under latency (9 in 148 tries): \`${REPLAY}\``));
});

test('a simulation and a missed threshold are said', () => {
  const text = renderMarkdown(severalLocks());
  assert.ok(text.includes('> **Simulated.** etcd: no real server took part'));
  assert.ok(text.includes('**✗ MISSED:** `throughput rate>2000`, measured 1,243.'));
});

test('every table row has as many cells as the head, and no text becomes markup', () => {
  const text = renderMarkdown(hostile());
  const tables = text.split('\n\n').filter((block) => block.startsWith('|'));
  assert.equal(tables.length, 5);
  for (const table of tables) {
    const widths = table.split('\n').map((row) => row.replaceAll('\\|', '').split('|').length);
    assert.equal(new Set(widths).size, 1, table);
  }
  const outsideCode = text.replaceAll(/```[^]*?```/gu, '').replaceAll(/`` .*? ``/gu, '');
  assert.doesNotMatch(outsideCode, /<img/u);
});
