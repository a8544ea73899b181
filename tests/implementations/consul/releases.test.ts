/** Releases that were asked for twice, as when the first is not answered in time. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ConsulClient } from '../../../implementations/consul/client.ts';
import { ConsulBackend } from '../../../implementations/consul/lock.ts';
import type { LeaseRequest } from '../../../implementations/lease/backend.ts';

const request = (token: string): LeaseRequest => ({
  ...{ key: 'k', token, leaseMs: 1000, mode: 'exclusive', owner: undefined },
});

void it('a session of Consul takes nothing more while a copy of its release may still arrive', async () => {
  const created: string[] = [];
  const destroyed: string[] = [];
  const releases: (() => void)[] = [];
  const done = { Results: [{ KV: { ModifyIndex: 7 } }] };
  const client: ConsulClient = {
    session: {
      create: async () => ({ ID: `session ${created.push('')}` }),
      renew: async () => undefined,
      destroy: async (options) => void destroyed.push((options as { id: string }).id),
    },
    kv: { get: async () => undefined },
    transaction: {
      create: (operations) =>
        JSON.stringify(operations).includes('"lock"')
          ? Promise.resolve(done)
          : new Promise((resolve) => {
              releases.push(() => resolve(done));
            }),
    },
    destroy: () => undefined,
  };
  const backend = new ConsulBackend({ clients: [client] });
  await backend.attempt(request('first'));
  const grant = { ...request('first'), fencingToken: 7n };
  const [late, answered] = [backend.free(grant), backend.free(grant)];
  releases[1]?.();
  assert.equal(await answered, 'released');
  await backend.attempt(request('second'));
  assert.equal(created.length, 2);
  releases[0]?.();
  await late;
  await backend.close();
  assert.deepEqual(destroyed, ['session 1']);
});
