/** `etcd` as the harness loads it. */
import type { Claims } from '../claims.ts';
import { leaseOptions, parseOptions } from '../lease/module-options.ts';
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../lock.ts';
import { EtcdClient } from './client.ts';
import { EtcdLock } from './lock.ts';
import type { EtcdLockOptions } from './lock.ts';

/** Makes a lock of the family for the context of a module. */
export async function connectEtcd(
  context: ConnectContext,
  make: (options: EtcdLockOptions) => EtcdLock,
): Promise<ConnectedLock> {
  const options = parseOptions(leaseOptions, context.options);
  const [first, ...others] = context.endpoints;
  if (first === undefined) throw new RangeError('an etcd lock needs at least one endpoint');
  const { username, password = '' } = first;
  const client = new EtcdClient({
    endpoints: [urlOf(first), ...others.map(urlOf)],
    ...(username === undefined ? {} : { auth: { username, password } }),
  });
  const lock = make({ ...options, prefix: context.prefix, client });
  return { lock, close: () => lock.close() };
}

function urlOf({ host, port, tls }: Endpoint): string {
  return `${tls === true ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const quorum = { 'server-crash-volatile': 'not-promised', 'majority-partition': 'unavailable' } as const;

/** A waiter whose request was not answered asks anew, behind those who came meanwhile. */
const asksAnew = {
  ...quorum,
  latency: 'not-promised',
  'late-request': 'not-promised',
  'slow-node': 'not-promised',
  'server-pause': 'not-promised',
  'server-crash': 'not-promised',
  failover: 'not-promised',
  'minority-partition': 'not-promised',
  'majority-partition': 'not-promised',
} as const;

export const claims: Claims = {
  exclusion: { otherwise: 'holds', except: quorum },
  'no-lost-update': { otherwise: 'holds', except: { ...quorum, 'client-pause': 'not-promised' } },
  fencing: { otherwise: 'holds', except: quorum },
  'loss-notice': { otherwise: 'holds' },
  'deadlock-freedom': { otherwise: 'holds', except: { 'server-crash-volatile': 'not-promised' } },
  fairness: { otherwise: 'holds', except: asksAnew },
};

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
