import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { planSchema } from '../../harness/plan/plan.ts';
import { checkHistory, historyArbitrary } from '../../harness/testing/histories.ts';
import { planArbitrary } from '../../harness/testing/plans.ts';

const plans = planArbitrary({ topology: '3-node quorum', hazards: ['client-pause', 'latency'], workers: 3 });

void describe('plans as an arbitrary', () => {
  void it('can be run, and have faults of the wanted hazards only', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        planSchema.parse(plan);
        assert.ok(plan.workers <= 3);
        for (const { hazard } of plan.faults) assert.ok(['client-pause', 'latency'].includes(hazard));
      }),
    );
  });

  void it('are refused of a hazard that does not exist', () => {
    assert.throws(() => planArbitrary({ topology: 'single', hazards: ['rain'] }), {
      name: 'UsageError',
      message: /^planArbitrary: hazards\[0\]: /,
    });
  });

  void it('shrink to one fault, two workers, one cycle and one key where nothing else matters', () => {
    const { counterexample } = fc.check(
      fc.property(plans, ({ faults }) => faults.length === 0),
      { seed: 1 },
    );
    const [plan] = counterexample ?? assert.fail('no plan has a fault');
    assert.deepEqual([plan.faults.length, plan.workers, plan.cycles, plan.keys.length], [1, 2, 1, 1]);
  });
});

void describe('histories as an arbitrary', () => {
  void it('are such as a checker of locks can read, in the order of time, some legal and some not', () => {
    const verdicts = new Set<boolean | 'unknown'>();
    fc.assert(
      fc.property(historyArbitrary(), (history) => {
        const times = history.map(({ time = 0 }) => time);
        assert.deepEqual(
          times,
          times.toSorted((one, other) => one - other),
        );
        verdicts.add(checkHistory(history, 'lock').valid);
      }),
    );
    assert.deepEqual(verdicts, new Set([true, false]));
  });

  void it('of several leases at once are judged by how many the header permits', () => {
    const [pair = []] = fc.sample(
      historyArbitrary({ abreast: 2, leases: 2, deadlines: false }).filter(
        (history) => checkHistory(history, 'lock').valid === false,
      ),
      { seed: 1, numRuns: 1 },
    );
    assert.equal(checkHistory(pair, 'semaphore', { permits: 2 }).valid, true);
    assert.equal(checkHistory(pair, 'semaphore', { permits: 1 }).valid, false);
  });
});
