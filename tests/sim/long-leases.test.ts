/** Whatever the lease, faults meet somebody, and an outage of hours costs no more than one of seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan } from '../../harness/faults/plans.ts';
import { paceOf } from '../../harness/plan/arbitrary.ts';
import { Log } from '../../harness/sim/servers/quorum/log.ts';
import { simulateAll, sizesFor } from './simulated.ts';
import type { Hazard } from '../../implementations/claims.ts';

const LINKS: readonly Hazard[] = ['latency', 'slow-node', 'late-request', 'reset', 'lost-reply'];
const LONG_MS = 300_000;

test('with leases of 300 s every kind of fault on links bites', async () => {
  const sizes = { ...sizesFor('redis-basic'), leaseMs: LONG_MS, pace: paceOf(LONG_MS) };
  const plans = LINKS.map((hazard, index) => makePlan(sizes, [hazard], 3, index, 'busy'));
  for (const { judgement } of await simulateAll('redis-basic', plans))
    assert.notDeepEqual(judgement.bitten, [], judgement.plan.hazards.join());
});

test('simulated workers begin with different servers: whichever is slow, somebody notices', async () => {
  const plan = makePlan(sizesFor('etcd'), ['slow-node'], 3, 0, 'busy');
  const [fault] = plan.faults;
  assert.ok(fault !== undefined);
  const { leader: _leader, ...slow } = { ...fault, delayMs: 60 };
  const plans = [0, 1, 2].map((node) => ({ ...plan, index: node, faults: [{ ...slow, nodes: [node] }] }));
  for (const { judgement } of await simulateAll('etcd', plans)) assert.deepEqual(judgement.bitten, [fault.id]);
});

test('the first entry of the present term is found in a log of any length', () => {
  const log = new Log<number>();
  assert.equal(log.firstOf(1), 0);
  for (const term of [1, 1, 3, 3, 3]) log.push({ term } as Parameters<typeof log.push>[0]);
  assert.equal(log.firstOf(3), 3);
  assert.equal(log.firstOf(1), 1);
  assert.equal(log.firstOf(4), 5);
});
