/** `zookeeper` as the harness loads it. */
import zookeeper, { type Client } from 'node-zookeeper-client';
import type { Claims } from '../claims.ts';
import { leaseOptions, parseOptions } from '../lease/module-options.ts';
import type { ConnectContext, ConnectedLock, LockModule } from '../lock.ts';
import { byMajority, fairUnlessAskedAnew, quorumClaims } from '../quorum-claims.ts';
import type { ConnectionInternals, ZookeeperClient } from './client.ts';
import { ZookeeperLock } from './lock.ts';
import type { ZookeeperLockOptions } from './lock.ts';

/** Longest pause before all servers are tried once more. */
const SPIN_DELAY_MS = 50;
/** How long `connect` waits for servers that do not answer; afterwards the lock reports them, call by call. */
const READY_WITHIN_MS = 2000;

/** What the lock is made of in the context of a module. */
function lockOptions(context: ConnectContext): ZookeeperLockOptions {
  const options = parseOptions(leaseOptions, context.options);
  return { ...options, prefix: context.prefix, createClient: clientMaker(context) };
}

/** Makes clients, each with a session of its own. @throws RangeError without endpoints */
export function clientMaker({ endpoints }: ConnectContext): (sessionTimeoutMs: number) => ZookeeperClient {
  const [first] = endpoints;
  if (first === undefined) throw new RangeError('a ZooKeeper lock needs at least one endpoint');
  const servers = endpoints.map(({ host, port }) => `${host}:${port}`).join(',');
  return (sessionTimeout) => {
    const client: Client & ConnectionInternals = zookeeper.createClient(servers, {
      sessionTimeout,
      spinDelay: SPIN_DELAY_MS,
      retries: 0,
    });
    // It shuffles them; the context gives each worker an order of its own.
    if (client.connectionManager !== undefined) client.connectionManager.servers = endpoints;
    const { username, password = '' } = first;
    if (username !== undefined) client.addAuthInfo('digest', Buffer.from(`${username}:${password}`));
    return client;
  };
}

/** Makes a lock of the family, waits a moment for its session, and joins their ends. */
export async function connectZookeeper(
  context: ConnectContext,
  make: (options: ZookeeperLockOptions) => ZookeeperLock,
): Promise<ConnectedLock> {
  const { signal } = context;
  const lock = make(lockOptions(context));
  await lock.ready(AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]));
  if (signal.aborted) {
    await lock.close();
    signal.throwIfAborted();
  }
  return { lock, close: () => lock.close() };
}

export const claims: Claims = { ...quorumClaims, fairness: fairUnlessAskedAnew, sharing: byMajority };

export const lock: LockModule = {
  name: 'zookeeper',
  summary:
    'ZooKeeper: a queue of ephemeral sequential nodes, exclusive and shared; in order of arrival, with zxids as fencing tokens.',
  backend: 'zookeeper',
  topologies: ['3-node quorum', 'single'],
  claims,
  recoverMs: 4000,
  load: { clientsPerWorker: 3 },
  // A grant waits for the disks of a majority, and for a JVM that may have just been started.
  turns: { allowanceMs: 2000 },
  roundTrips: 2,
  connect: (context) => connectZookeeper(context, (options) => new ZookeeperLock(options)),
};
