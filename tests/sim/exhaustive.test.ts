/** Every position of one fault: there are as many as there were moments, and up to its fault each run is the undisturbed one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planSchema } from '../../harness/plan/plan.ts';
import { exhaustivePlans, undisturbedPlan } from '../../harness/sim/search/exhaustive.ts';
import { Coverage } from '../../harness/sim/search/coverage.ts';
import { hazardsFor, lockNamed, simulateAll, sizesFor, traceOf } from './simulated.ts';

void describe('every position of one fault', () => {
  const base = undisturbedPlan(sizesFor('redis-basic'), 5);

  void it('each fault strikes right after each moment', async () => {
    const moments = await traceOf('redis-basic', base);
    assert.ok(moments.length > 20);
    const plans = exhaustivePlans(base, hazardsFor('redis-basic'), moments);
    assert.equal((plans.length - 1) % moments.length, 0);
    for (const plan of plans) planSchema.parse(plan);
    assert.equal(new Set(plans.map(({ index }) => index)).size, plans.length);
  });

  void it('what happened before the fault is what happened without it', async () => {
    const moments = await traceOf('redis-basic', base);
    const pauses = exhaustivePlans(base, ['client-pause'], moments)
      .slice(1)
      .filter((_, index) => index % 9 === 0);
    const [undisturbed, ...disturbed] = await simulateAll('redis-basic', [base, ...pauses]);
    for (const { judgement } of disturbed) {
      const struck = judgement.events.findIndex(({ process }) => process === 'nemesis');
      assert.ok(struck >= 0);
      assert.deepEqual(judgement.events.slice(0, struck), undisturbed?.judgement.events.slice(0, struck));
    }
  });
});

void it('coverage counts faults that bit, by promise, hazard and moment', async () => {
  const { claims } = lockNamed('redis-basic').module;
  const coverage = new Coverage(claims, ['none', 'client-pause']);
  const { of } = coverage.reached;
  assert.equal(coverage.reached.cells, 0);
  const [fault] = exhaustivePlans(undisturbedPlan(sizesFor('redis-basic'), 5), ['client-pause'], [1]).slice(1);
  assert.ok(fault !== undefined);
  coverage.add({ plan: fault, bitten: [], operations: { exclusion: 3 } });
  assert.equal(coverage.reached.cells, 0, 'it did not bite');
  coverage.add({ plan: fault, bitten: ['f1'], operations: { exclusion: 3, fencing: 0 } });
  assert.deepEqual(coverage.reached, { cells: 1, of });
  assert.ok(coverage.least(of - 1).every(({ moment }) => moment !== 'any' || of > 5));
});
