/** `redis-sentinel` as the harness loads it. */
import { z } from 'zod';
import type { Claims } from '../../claims.ts';
import { parseOptions } from '../../lease/module-options.ts';
import type { LockModule } from '../../lock.ts';
import { RedisSentinelLock } from '../sentinel.ts';
import { connected, connectSentinels, redisOptions } from './connect.ts';

/** Whatever may put another in the place of a primary, which has its own idea of the data and of the time. */
const anotherPrimary = {
  'server-pause': 'not-promised',
  'server-crash-volatile': 'not-promised',
  failover: 'not-promised',
  'minority-partition': 'not-promised',
  'majority-partition': 'not-promised',
  'clock-jump': 'not-promised',
  'clock-jump-majority': 'not-promised',
} as const;

/** Of a lock on asynchronously replicated servers. A crash is survived if the server is back before it is replaced. */
export const replicatedClaims: Claims = {
  exclusion: { otherwise: 'holds', except: anotherPrimary },
  'no-lost-update': { otherwise: 'holds', except: { ...anotherPrimary, 'client-pause': 'not-promised' } },
  fencing: { otherwise: 'holds', except: anotherPrimary },
  'loss-notice': { otherwise: 'holds' },
  // An absolute expiry moves away by as much as the clock is set back.
  'deadlock-freedom': { otherwise: 'holds', except: { 'clock-jump-back': 'not-promised' } },
};

const moduleOptions = redisOptions.extend({
  /** The name under which the Sentinels know the primary. */
  master: z.string().min(1).default('holdfast'),
  replicas: z.number().int().min(0).optional(),
  replicationMs: z.number().int().min(1).optional(),
});

export const lock: LockModule = {
  name: 'redis-sentinel',
  summary: 'A Redis primary with replicas and Sentinels; a grant counts when a replica has it, which is no guarantee.',
  backend: 'redis',
  topologies: ['sentinel'],
  claims: replicatedClaims,
  recoverMs: 6000,
  roundTrips: 3,
  async connect(context) {
    const options = parseOptions(moduleOptions, context.options);
    const clients = connectSentinels(context, options);
    const [client] = clients.commands;
    const [subscriber] = clients.subscribers;
    const { prefix } = context;
    return connected(new RedisSentinelLock({ ...options, client, subscriber, prefix }), clients, context.signal);
  },
};
