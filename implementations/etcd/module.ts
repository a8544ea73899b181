/** `etcd` as the harness loads it. */
import type { Claims } from '../claims.ts';
import { leaseOptions, parseOptions } from '../lease/module-options.ts';
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../lock.ts';
import { fairUnlessAskedAnew, quorumClaims } from '../quorum-claims.ts';
import { EtcdClient } from './client.ts';
import { EtcdLock } from './lock.ts';
import type { EtcdLockOptions } from './lock.ts';

/** Makes a lock of the family for the context of a module. */
export async function connectEtcd(
  context: ConnectContext,
  make: (options: EtcdLockOptions) => EtcdLock,
): Promise<ConnectedLock> {
  const options = parseOptions(leaseOptions, context.options);
  const lock = make({ ...options, prefix: context.prefix, client: openClient(context.endpoints) });
  return { lock, close: () => lock.close() };
}

/** @throws RangeError without endpoints */
export function openClient([first, ...others]: readonly Endpoint[]): EtcdClient {
  if (first === undefined) throw new RangeError('an etcd lock needs at least one endpoint');
  const { username, password = '' } = first;
  return new EtcdClient({
    endpoints: [urlOf(first), ...others.map(urlOf)],
    ...(username === undefined ? {} : { auth: { username, password } }),
  });
}

function urlOf({ host, port, tls }: Endpoint): string {
  return `${tls === true ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export const claims: Claims = { ...quorumClaims, fairness: fairUnlessAskedAnew };

export const lock: LockModule = {
  name: 'etcd',
  summary:
    'etcd: a queue of keys that depend on leases; in order of arrival, woken by watches; the revision as fencing token.',
  backend: 'etcd',
  topologies: ['3-node quorum', 'single'],
  claims,
  recoverMs: 4000,
  load: { clientsPerWorker: 3 },
  // A grant waits for the disks of a majority.
  turns: { allowanceMs: 1000 },
  roundTrips: 2,
  connect: (context) => connectEtcd(context, (options) => new EtcdLock(options)),
};
