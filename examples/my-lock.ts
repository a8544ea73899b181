/**
 * A lock of your own in one file: SET NX PX and two scripts on one Redis server; Holdfast's engine does the waiting, the
 * deadline and the renewal.
 *
 *   npm run verify -- --impl examples/my-lock.ts
 */
import { Redis } from 'ioredis';
import { LeaseLock, type LeaseBackend, type LockModule } from 'holdfast';

const FREE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end`;
const EXTEND = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) else return 0 end`;

function backend(client: Redis, prefix: string): LeaseBackend {
  const name = (key: string): string => `${prefix}my-lock:${key}`;
  return {
    shares: false,
    wakeUps: undefined,
    async attempt({ key, token, leaseMs }) {
      const answer = await client.set(name(key), token, 'PX', leaseMs, 'NX');
      return answer === 'OK' ? { kind: 'granted' } : { kind: 'busy', retryAfterMs: await client.pttl(name(key)) };
    },
    async extend({ key, token, leaseMs }) {
      return (await client.eval(EXTEND, 1, name(key), token, leaseMs)) === 1 ? 'extended' : 'lost';
    },
    async free({ key, token }) {
      // Each command is sent once: nothing found means that the lease had ended before.
      return (await client.eval(FREE, 1, name(key), token)) === 1 ? 'released' : 'lost';
    },
    async undo({ key, token }) {
      await client.eval(FREE, 1, name(key), token);
    },
    async inspect(key) {
      const token = await client.get(name(key));
      return token === null ? { key, held: false } : { key, held: true, token };
    },
    async probe() {
      await client.ping();
      return undefined;
    },
  };
}

export const lock: LockModule = {
  name: 'my-lock',
  summary: 'SET NX PX on one Redis server, polled.',
  backend: 'redis',
  topologies: ['single'],
  claims: {
    exclusion: {
      otherwise: 'holds',
      except: { 'server-crash-volatile': 'not-promised', 'clock-jump': 'not-promised' },
    },
    'deadlock-freedom': { otherwise: 'holds', except: { 'clock-jump-back': 'not-promised' } },
    'loss-notice': { otherwise: 'holds' },
  },
  recoverMs: 1000,
  async connect({ endpoints: [endpoint], prefix }) {
    if (endpoint === undefined) throw new Error('no address of a Redis server');
    const client = new Redis({
      host: endpoint.host,
      port: endpoint.port,
      // A command is answered or has failed: one that waits for a connection, or is sent twice, would come too late.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
    });
    // Failing commands reach the caller; the client connects again by itself.
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('ready', resolve));
    const polled = new LeaseLock(backend(client, prefix), { retry: { maxDelayMs: 50 } });
    return {
      lock: polled,
      close: async () => {
        await polled.drained();
        client.disconnect();
      },
    };
  },
};
