/** What stands in the module scope of a user's files belongs to one simulated process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askModule, digestOf, mixedPlan } from './simulated.ts';

const PLANS = [0, 1, 2].map((index) => ({ ...mixedPlan('redis-basic', index, ['none']), cycles: 5 }));

const run = (file: string, plans = PLANS) =>
  askModule(new URL(`fixtures/module-scope/${file}.ts`, import.meta.url).href, { type: 'plans', plans, whole: true });

void describe('processes that lock by a salt of their own, which each', () => {
  for (const [file, how] of Object.entries({
    'by-import': 'draws in a module that the lock imports',
    'by-require': 'draws in a module that the lock requires',
    'by-pid': 'takes from its number',
  })) {
    void it(`${how}, break exclusion, the same every time`, async () => {
      const runs = await run(file);
      const broken = runs.flatMap(({ judgement }) => judgement.findings.map(({ finding }) => finding.property));
      assert.ok(broken.includes('exclusion'), broken.join());
      const again = await run(file, PLANS.toReversed());
      assert.deepEqual(again.map(digestOf).toReversed(), runs.map(digestOf));
    });
  }
});
