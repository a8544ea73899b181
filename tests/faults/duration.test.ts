/** What of a plan there is time for on real servers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedMs, fitted } from '../../harness/faults/duration.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import type { Plan } from '../../harness/plan/plan.ts';
import type { Hazard } from '../../implementations/claims.ts';

const MINUTES = 60_000;
const planOf = (hazard: Hazard, leaseMs: number): Plan =>
  makePlan(
    {
      ...{ lock: 'redis-basic', options: {}, topology: 'single', scenario: 'shared-counter', workers: 3 },
      ...{ clientsPerWorker: 1, leaseMs, recoverMs: 1000 },
    },
    [hazard],
    1,
    0,
    'busy',
  );

void test('a plan that there is time for is run whole', () => {
  const plan = planOf('client-pause', 600);
  assert.deepEqual(fitted(plan, expectedMs(plan)), { plan, leftOut: undefined });
});

void test('a plan that waits for a lease only where clients overstay is run without them', () => {
  const plan = planOf('reset', 5 * MINUTES);
  assert.ok(expectedMs(plan) > 5 * MINUTES);
  const lighter = fitted(plan, MINUTES);
  assert.equal(lighter?.plan.lapseKey, undefined);
  assert.deepEqual(lighter?.plan.faults, plan.faults);
  assert.equal(lighter?.leftOut, 'the clients that overstay');
});

void test('faults that last for leases are left out, and those that do not are done', () => {
  const plan = planOf('latency', 5 * MINUTES);
  const lighter = fitted(plan, MINUTES);
  assert.deepEqual(lighter?.plan.faults, [plan.faults[0]]);
  assert.equal(lighter?.leftOut, 'the clients that overstay and 3 of 4 faults');
});

void test('of a plan all of whose faults outlast the time nothing is left', () => {
  assert.equal(fitted(planOf('client-pause', 5 * MINUTES), MINUTES), undefined);
});
