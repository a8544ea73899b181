/**
 * The lock on one Redis server: a key with the owner's token and an expiry, taken, extended and deleted by scripts, with
 * a fencing token issued in the same script as the grant.
 *
 * Safe as long as the server keeps its data and its clock is not moved: an expiry follows the server's wall clock.
 */
import type { Claims } from '../claims.ts';
import type { ConnectContext, ConnectedLock, LockModule } from '../lock.ts';
import type { Grant, LeaseBackend, LeaseRequest, WakeUps } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { LeaseLockOptions } from '../lease/options.ts';
import { connectClients, connected, redisOptions } from './connect.ts';
import { parseOptions } from '../lease/module-options.ts';
import { RedisNode } from './node.ts';
import type { RedisClient } from './connections.ts';
import { Channels } from './wake-ups.ts';

export interface RedisLockOptions extends LeaseLockOptions {
  readonly client: RedisClient;
  /**
   * A connection of its own for wake-ups; may be shared by many locks. Without it waiters only poll (`retry`).
   */
  readonly subscriber?: RedisClient;
  /** Every key and channel begins with it. Default `holdfast:`. */
  readonly prefix?: string;
}

/** Answers of one server are the lock's answers. */
export class RedisBackend implements LeaseBackend {
  readonly shares: boolean = false;
  readonly wakeUps: WakeUps | undefined;
  protected readonly node: RedisNode;

  constructor({ client, subscriber, prefix = 'holdfast:' }: RedisLockOptions) {
    const node = new RedisNode(client, { prefix, fenced: true });
    this.node = node;
    if (subscriber !== undefined) {
      const channels = Channels.of(subscriber);
      this.wakeUps = { subscribe: (key, hint) => channels.subscribe(node.channel(key), hint) };
    }
  }

  attempt(request: LeaseRequest): ReturnType<LeaseBackend['attempt']> {
    return this.node.attempt(request);
  }

  extend(grant: Grant): ReturnType<LeaseBackend['extend']> {
    return this.node.extend(grant);
  }

  free(grant: Grant): ReturnType<LeaseBackend['free']> {
    return this.node.free(grant);
  }

  undo(request: LeaseRequest): Promise<void> {
    return this.node.undo(request, true);
  }

  inspect(key: string): ReturnType<LeaseBackend['inspect']> {
    return this.node.inspect(key);
  }

  probe(): Promise<string | undefined> {
    return this.node.probe();
  }
}

export class RedisLock extends LeaseLock {
  constructor(options: RedisLockOptions) {
    super(new RedisBackend(options), options);
  }
}

/** One server has no majority to lose and no successor. */
const singleServer = {
  failover: 'not-applicable',
  'minority-partition': 'not-applicable',
  'majority-partition': 'unavailable',
  'clock-jump-majority': 'not-applicable',
} as const;

/** An expiry that the server forgets, or judges by a clock that was moved, is no exclusion. */
const unsafe = { 'server-crash-volatile': 'not-promised', 'clock-jump': 'not-promised' } as const;

export const claims: Claims = {
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
};

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
