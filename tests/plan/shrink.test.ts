import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makePlan } from '../../harness/faults/plans.ts';
import { planSchema, type Plan } from '../../harness/plan/plan.ts';
import { shrink } from '../../harness/plan/shrink.ts';

const sizes = {
  ...{ lock: 'redlock', options: {}, topology: '5 independent nodes' as const, scenario: 'shared-counter' },
  ...{ workers: 4, clientsPerWorker: 2, leaseMs: 600, recoverMs: 2500 },
};
const plan = makePlan(sizes, ['client-pause', 'reset'], 11, 3, 'busy');

const smallest = async (shows: (candidate: Plan) => boolean, tries = 5000): Promise<Plan> =>
  (await shrink(plan, async (candidate) => shows(candidate), { tries })).plan;

void describe('shrinking a plan', () => {
  void it('leaves the one fault that matters, two workers, one cycle and one key', async () => {
    const found = await smallest(({ faults }) => faults.some(({ hazard }) => hazard === 'client-pause'));
    assert.equal(found.faults.length, 1);
    assert.deepEqual(found.hazards, ['client-pause']);
    assert.equal(found.workers, 2);
    assert.equal(found.clientsPerWorker, 1);
    assert.deepEqual([found.cycles, found.keys.length, found.lapseKey], [1, 1, undefined]);
  });

  void it('keeps two faults that matter only together', async () => {
    const found = await smallest(
      ({ faults, workers }) => workers > 2 && new Set(faults.map(({ hazard }) => hazard)).size === 2,
    );
    assert.deepEqual(found.faults.map(({ hazard }) => hazard).toSorted(), ['client-pause', 'reset']);
    assert.equal(found.workers, 3);
  });

  void it('shortens what lasts', async () => {
    const longest = ({ faults }: Plan): number => Math.max(0, ...faults.map(({ durationMs }) => durationMs));
    const found = await smallest((candidate) => longest(candidate) > 100);
    assert.ok(longest(found) <= 250, String(longest(found)));
  });

  void it('tries only plans that can be run, and none twice', async () => {
    const seen = new Set<string>();
    await smallest((candidate) => {
      planSchema.parse(candidate);
      const text = JSON.stringify(candidate);
      assert.ok(!seen.has(text));
      seen.add(text);
      return candidate.faults.length > 1;
    });
    assert.ok(seen.size > 10);
  });

  void it('ends when its tries are used up, with what it has', async () => {
    const { tries, plan: found } = await shrink(plan, async () => true, { tries: 2 });
    assert.equal(tries, 2);
    assert.ok(found.faults.length < plan.faults.length);
  });
});
