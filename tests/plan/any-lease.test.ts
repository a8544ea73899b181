/** Plans can be drawn for leases of any length that a user may have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hazardsOf } from '../../harness/faults/available.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import { paceOf, REGIMES } from '../../harness/plan/arbitrary.ts';
import { planSchema } from '../../harness/plan/plan.ts';
import type { Topology } from '../../implementations/lock.ts';
import { draws } from '../effort.ts';

const LEAST_MS = 100;
const LONGEST_MS = 600_000;
const TOPOLOGIES = ['single', '5 independent nodes', '3-node quorum'] as const satisfies readonly Topology[];

test('from 100 ms to 10 min, under every hazard, in every regime, a plan is one that the schema takes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: LEAST_MS, max: LONGEST_MS }),
      fc.constantFrom(...TOPOLOGIES),
      fc.constantFrom(...REGIMES),
      fc.boolean(),
      fc.nat(),
      (leaseMs, topology, regime, simulated, seed) => {
        for (const hazard of hazardsOf(topology, 'redis')) {
          const sizes = {
            ...{ lock: 'redis-basic', options: {}, topology, scenario: 'shared-counter', workers: 4 },
            ...{ clientsPerWorker: 1, leaseMs, recoverMs: 1000, ...(simulated && { pace: paceOf(leaseMs) }) },
          };
          assert.doesNotThrow(() => planSchema.parse(makePlan(sizes, [hazard], seed, 0, regime)));
        }
      },
    ),
    draws(100),
  );
});
