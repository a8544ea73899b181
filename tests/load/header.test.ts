import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveLock } from '../../harness/commands/locks.ts';
import { headerOfLoad } from '../../harness/load/header.ts';
import { planOf } from '../../harness/load/plan.ts';
import { DEFAULT_SHAPE, type LoadSettings } from '../../harness/load/settings.ts';

/** Which bounds the history of such a load of `name` states. */
async function boundsOf(name: string, shape: Partial<LoadSettings> = {}): Promise<string[]> {
  const { module, ...lock } = await resolveLock(name);
  const [topology] = module.topologies;
  const settings: LoadSettings = {
    ...{ ...DEFAULT_SHAPE, topology, provisioner: { kind: 'native', reason: 'a test' }, external: undefined },
    ...{ proxied: false, hazards: [], seed: 1, folder: '.', ...shape },
  };
  const header = headerOfLoad('r', planOf({ module, ...lock }, settings, 0), module, settings);
  return ['recoverNs', 'bypass', 'allowanceNs'].filter((bound) => bound in header);
}

void describe('the history of a load is held to', () => {
  void test('recovery and turns where as few clients as verify brings are not disturbed', async () => {
    assert.deepEqual(await boundsOf('etcd'), ['recoverNs', 'bypass', 'allowanceNs']);
  });

  void test('no turns where the lock claims no fairness, or where nobody waits for one', async () => {
    assert.deepEqual(await boundsOf('redis-basic'), ['recoverNs']);
    assert.deepEqual(await boundsOf('etcd', { ask: 'try' }), ['recoverNs']);
  });

  void test('neither in an open loop, with more clients, or under a fault: the machine would be judged', async () => {
    assert.deepEqual(await boundsOf('etcd', { mode: { kind: 'open', perSecond: 10, arrivals: 'constant' } }), []);
    assert.deepEqual(await boundsOf('etcd', { clientsPerWorker: 50 }), []);
    assert.deepEqual(await boundsOf('etcd', { hazards: ['client-pause'] }), []);
  });
});
