/**
 * npm's `simple-redis-mutex` 3.0 over node-redis: `SET NX PX`, a release by script, a fencing token.
 *
 * Its documentation: "distributed mutex lock using redis as described in redis docs" (the pattern for one server), "an expired
 * lock cannot be released so it does not release the lock from another holder", "an increasing number that is used to identify
 * the order at which locks are acquired". A lock lasts for `timeout`, and is not extended by itself; `refreshTimeout` does it,
 * and does not say whether the lock was still there. The names that it writes begin with its own.
 */
import { createClient } from 'redis';
import { lock as lockOn, tryLock } from 'simple-redis-mutex';
import type { ConnectContext, LockModule } from '../lock.ts';
import { adapted, type Asked, type Held, type Library } from './adapted.ts';
import { describedClaims } from './claims.ts';

const { exclusion, ...claims } = describedClaims({}, { 'client-pause': 'not-promised' });

/** Instead of 10 s, with which a lock that expired would be noticed after that time only. */
const POLL_MS = 100;

type Client = ReturnType<typeof createClient>;

async function take(plain: Client, { key, leaseMs, timeoutMs }: Asked): Promise<Held | null> {
  const { client, askedAt } = watched(plain);
  const options = { timeout: leaseMs, failAfter: timeoutMs, pollingInterval: POLL_MS };
  const release = timeoutMs > 0 ? await lockOn(client, key, options) : await tried(client, key, leaseMs);
  if (release === null) return null;
  return {
    fence: BigInt(release.fencingToken ?? 0),
    // It names a length and no moment: the reading that suits it best counts from the attempt that was granted.
    expiresAt: askedAt() + leaseMs,
    release,
    extend: async () => {
      const extendedAt = performance.now();
      await release.refreshTimeout();
      return extendedAt + leaseMs;
    },
  };
}

async function tried(client: Client, key: string, timeout: number) {
  const [hasLock, release] = await tryLock(client, key, { timeout });
  return hasLock ? release : null;
}

/** The same client, looked over the shoulder: when the attempt was sent that was granted. */
function watched(plain: Client): { readonly client: Client; readonly askedAt: () => number } {
  let askedAt = 0;
  const set = async (...command: Parameters<Client['set']>): ReturnType<Client['set']> => {
    const sentAt = performance.now();
    const answer = await plain.set(...command);
    if (answer === 'OK') askedAt = sentAt;
    return answer;
  };
  const client = new Proxy(plain, {
    get: (_, name) => {
      const own: unknown = name === 'set' ? set : Reflect.get(plain, name);
      return typeof own === 'function' ? (own.bind(plain) as unknown) : own;
    },
  });
  return { client, askedAt: () => askedAt };
}

async function libraryOf({ endpoints: [endpoint] }: ConnectContext): Promise<Library> {
  if (endpoint === undefined) throw new RangeError('no server');
  const { host, port, username, password, tls } = endpoint;
  const client = createClient({
    socket: { host, port, reconnectStrategy: () => 50, ...(tls === true ? { tls } : {}) },
    username,
    password,
  });
  client.on('error', () => undefined);
  await client.connect();
  return {
    take: (asked) => take(client, asked),
    held: async (key) => (await client.exists(`@simple-redis-mutex:lock-${key}`)) === 1,
    pings: () => [client.ping()],
    close: () => client.destroy(),
  };
}

export const lock: LockModule = {
  name: 'npm:simple-redis-mutex',
  summary: "npm's simple-redis-mutex 3.0: SET NX PX on one Redis server, with a fencing token.",
  backend: 'redis',
  topologies: ['single'],
  claims: { ...claims, exclusion, fencing: exclusion },
  recoverMs: 2500,
  notSimulable: 'its waiters stand in module scope, which simulated processes would share',
  async connect(context) {
    return adapted(await libraryOf(context));
  },
};
