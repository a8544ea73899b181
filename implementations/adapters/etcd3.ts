/**
 * npm's `etcd3` 1.1: `lock(key)`, a key that depends on a lease which the client keeps alive.
 *
 * Its documentation: "used for distributed locking to create atomic operations across multiple systems", "If the server the
 * lock is running on dies, or the network is disconnected, etcd will time out the lock. Bear in mind that this means that in
 * certain rare situations (a network disconnect or wholesale etcd failure), the caller may lose the lock while operations may
 * still be running." A lock that is taken is refused at once; nobody is told that one is lost, or until when it is held.
 */
import { Etcd3, EtcdLockFailedError, type Lock } from 'etcd3';
import type { Claims } from '../claims.ts';
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../lock.ts';
import { adapted, type Asked, type Held, type Library } from './adapted.ts';

/** The caller may lose the lock while operations are still running: nothing of its client reaches etcd for a whole lease. */
const mayLose = {
  'late-request': 'not-promised',
  'client-pause': 'not-promised',
  'client-partition': 'not-promised',
  'majority-partition': 'not-promised',
  'server-crash': 'not-promised',
  'server-crash-volatile': 'not-promised',
} as const;

const claims: Claims = {
  exclusion: { otherwise: 'holds', except: mayLose },
  'no-lost-update': { otherwise: 'holds', except: mayLose },
  'deadlock-freedom': { otherwise: 'holds', except: { 'majority-partition': 'unavailable' } },
};

/** Whoever wants to wait asks again. */
const RETRY_MS = 100;

function libraryOf(client: Etcd3): Library {
  return {
    async take({ key, leaseMs, timeoutMs }: Asked): Promise<Held | null> {
      const endsAt = performance.now() + timeoutMs;
      for (;;) {
        const lock = await acquired(client.lock(key).ttl(Math.ceil(leaseMs / 1000)));
        // It does not say whether the lock was still there when it was released.
        if (lock !== null) return { token: await lock.leaseId().then(String), release: () => lock.release() };
        if (performance.now() + RETRY_MS > endsAt) return null;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    },
  };
}

/** `null` when somebody has it. */
const acquired = (lock: Lock): Promise<Lock | null> =>
  lock.acquire().catch((error: unknown) => {
    if (error instanceof EtcdLockFailedError) return null;
    throw error;
  });

const addressOf = ({ host, port, tls }: Endpoint): string => `${tls === true ? 'https' : 'http'}://${host}:${port}`;

async function connect({ endpoints }: ConnectContext): Promise<ConnectedLock> {
  const [first] = endpoints;
  const client = new Etcd3({
    hosts: endpoints.map(addressOf),
    ...(first?.username === undefined ? {} : { auth: { username: first.username, password: first.password ?? '' } }),
    // Clients of one program would share their connections, however many processes they stand for.
    grpcOptions: { 'grpc.use_local_subchannel_pool': 1 },
  });
  return adapted({
    ...libraryOf(client),
    held: (key) => client.get(key).exists(),
    pings: () => [client.maintenance.status()],
    close: () => client.close(),
  });
}

export const lock: LockModule = {
  name: 'npm:etcd3',
  summary: "npm's etcd3 1.1: a key that depends on a lease of etcd, kept alive.",
  backend: 'etcd',
  topologies: ['3-node quorum', 'single'],
  claims,
  leastLeaseMs: 1000,
  // It polls, and a connection that was lost is tried again after up to some seconds.
  recoverMs: 6000,
  connect,
};
