/** Releases that were asked for twice, as when the first is not answered in time. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { EtcdClient } from '../../../implementations/etcd/client.ts';
import { EtcdBackend } from '../../../implementations/etcd/lock.ts';
import type { LeaseRequest } from '../../../implementations/lease/backend.ts';

const request = (token: string): LeaseRequest => ({
  ...{ key: 'k', token, leaseMs: 1000, mode: 'exclusive', owner: undefined },
});

void it('a release of the lock on etcd that is answered late does not end the next acquisition by its lease', async () => {
  const granted: bigint[] = [];
  const revoked: bigint[] = [];
  const releases: ((succeeded: boolean) => void)[] = [];
  const client: Partial<EtcdClient> = {
    grant: async (id) => granted.push(id),
    revoke: async (id) => void revoked.push(id),
    transact: (compare) =>
      compare?.createRevision === 0n
        ? Promise.resolve({ succeeded: true, revision: 7n, ranges: [] })
        : new Promise((resolve) => {
            releases.push((succeeded) => resolve({ succeeded, revision: 8n, ranges: [] }));
          }),
  };
  const backend = new EtcdBackend({ client: client as EtcdClient });
  await backend.attempt(request('first'));
  const grant = { ...request('first'), fencingToken: 7n };
  const [late, answered] = [backend.free(grant), backend.free(grant)];
  releases[1]?.(true);
  assert.equal(await answered, 'released');
  await backend.attempt(request('second'));
  assert.equal(granted.length, 1, 'the lease serves both acquisitions');
  releases[0]?.(false);
  await late;
  assert.deepEqual(revoked, []);
});
