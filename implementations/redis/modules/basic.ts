/** `redis-basic` as the harness loads it. */
import type { Claims } from '../../claims.ts';
import type { LeaseLock } from '../../lease/lease-lock.ts';
import { parseOptions } from '../../lease/module-options.ts';
import type { ConnectContext, ConnectedLock, LockModule } from '../../lock.ts';
import { RedisLock } from '../basic.ts';
import type { RedisLockOptions } from '../basic.ts';
import { connectClients, connected, redisOptions } from './connect.ts';

/** One server has no majority to lose and no successor. */
const singleServer = {
  failover: 'not-applicable',
  'minority-partition': 'not-applicable',
  'majority-partition': 'unavailable',
  'clock-jump-majority': 'not-applicable',
} as const;

/** An expiry that the server forgets, or judges by a clock that was moved, is no exclusion. */
const unsafe = { 'server-crash-volatile': 'not-promised', 'clock-jump': 'not-promised' } as const;

export const claims = {
  exclusion: { otherwise: 'holds', except: { ...singleServer, ...unsafe } },
  'no-lost-update': { otherwise: 'holds', except: { ...singleServer, ...unsafe, 'client-pause': 'not-promised' } },
  // Fences follow the server's time, so they also rise over a loss of the data, if the time does.
  fencing: {
    otherwise: 'holds',
    except: { ...singleServer, 'clock-jump': 'not-promised' },
    together: [{ hazards: ['server-crash-volatile', 'clock-jump-back'], claim: 'not-promised' }],
  },
  'loss-notice': { otherwise: 'holds', except: { ...singleServer, 'majority-partition': 'holds' } },
  // An absolute expiry moves away by as much as the clock is set back.
  'deadlock-freedom': {
    otherwise: 'holds',
    except: { ...singleServer, 'majority-partition': 'holds', 'clock-jump-back': 'not-promised' },
  },
} as const satisfies Claims;

/** Connects a lock on one server as the harness wants it: with clients of its own, its options as JSON. */
export async function connectRedis(
  context: ConnectContext,
  make: (options: RedisLockOptions) => LeaseLock,
): Promise<ConnectedLock> {
  const options = parseOptions(redisOptions, context.options);
  const clients = connectClients(context, options);
  const [client] = clients.commands;
  const [subscriber] = clients.subscribers;
  return connected(make({ ...options, client, subscriber, prefix: context.prefix }), clients, context.signal);
}

export const lock: LockModule = {
  name: 'redis-basic',
  summary: 'One Redis server: key with token and expiry, scripts, fencing token, woken by publish/subscribe.',
  backend: 'redis',
  topologies: ['single'],
  claims,
  recoverMs: 2500,
  roundTrips: 2,
  connect: (context) => connectRedis(context, (options) => new RedisLock(options)),
};
