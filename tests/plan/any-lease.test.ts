/** Plans can be drawn for leases of any length that a user may have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hazardsOf } from '../../harness/faults/available.ts';
import { makePlan } from '../../harness/faults/plans.ts';
import { paceOf, REGIMES } from '../../harness/plan/arbitrary.ts';
import { planSchema, type Plan } from '../../harness/plan/plan.ts';
import { stretched } from '../../harness/plan/stretch.ts';
import type { Hazard } from '../../implementations/claims.ts';
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

const sizes = (leaseMs: number) => ({
  ...({ lock: 'redis-basic', options: {}, topology: 'single', scenario: 'shared-counter', workers: 4 } as const),
  ...{ clientsPerWorker: 1, leaseMs, recoverMs: 1000, pace: paceOf(leaseMs) },
});
const planOf = (hazard: Hazard, leaseMs: number, seed: number): Plan =>
  makePlan(sizes(leaseMs), [hazard], seed, 0, 'busy');
const lease = fc.integer({ min: LEAST_MS, max: LONGEST_MS });

/** Clients of ours close a connection that owes an answer for so long. */
const CLOSED_MS = 2000;

for (const hazard of ['late-request', 'slow-node', 'latency'] as const) {
  test(`however long the lease, ${hazard} has a delay that ends while the connection stands`, () => {
    fc.assert(
      fc.property(lease, fc.nat(), (leaseMs, seed) => {
        const delays = planOf(hazard, leaseMs, seed).faults.map(({ delayMs = Infinity }) => delayMs);
        assert.ok(Math.min(...delays) < Math.max(CLOSED_MS, leaseMs * 1.3), String(delays));
      }),
      draws(100),
    );
  });
}

test('however long the lease, clients are as quick as ever where faults do not last by it', () => {
  fc.assert(
    fc.property(
      lease,
      fc.constantFrom<Hazard>('reset', 'lost-reply', 'server-crash', 'clock-jump'),
      fc.nat(),
      (leaseMs, hazard, seed) => {
        const { holdsMs, thinksMs, overstayers } = planOf(hazard, leaseMs, seed);
        assert.ok(Math.max(...holdsMs, ...thinksMs) <= 150);
        assert.equal(overstayers, undefined);
      },
    ),
    draws(100),
  );
});

test('a plan that is stretched to a longer lease is a plan, and stretched back it is what it was', () => {
  const hazard = fc.constantFrom(...hazardsOf('single', 'redis'));
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 6000 }), hazard, fc.nat(), (leaseMs, name, seed) => {
      const plan = planOf(name, leaseMs, seed);
      const longer = stretched(plan, leaseMs * 100);
      assert.doesNotThrow(() => planSchema.parse(longer));
      assert.equal(JSON.stringify(stretched(longer, leaseMs)), JSON.stringify(plan));
    }),
    draws(100),
  );
});
