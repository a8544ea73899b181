/** `redlock` as the harness loads it. */
import { z } from 'zod';
import type { Claims } from '../../claims.ts';
import { parseOptions } from '../../lease/module-options.ts';
import type { LockModule } from '../../lock.ts';
import { Redlock } from '../redlock.ts';
import { connectClients, connected, redisOptions } from './connect.ts';

export const redlockOptions = redisOptions.extend({ nodeTimeoutMs: z.number().min(1).optional() });

const unsafe = {
  'server-crash-volatile': 'not-promised',
  failover: 'not-applicable',
  'clock-jump': 'not-promised',
  'clock-jump-majority': 'not-promised',
} as const;

export const claims: Claims = {
  exclusion: { otherwise: 'holds', except: { ...unsafe, 'majority-partition': 'unavailable' } },
  'no-lost-update': {
    otherwise: 'holds',
    except: { ...unsafe, 'majority-partition': 'unavailable', 'client-pause': 'not-promised' },
  },
  'loss-notice': { otherwise: 'holds', except: { failover: 'not-applicable' } },
  'deadlock-freedom': {
    otherwise: 'holds',
    except: { failover: 'not-applicable', 'clock-jump-back': 'not-promised', 'clock-jump-majority': 'not-promised' },
  },
};

export const lock: LockModule = {
  name: 'redlock',
  summary: 'A majority of independent Redis servers; survives a minority of them; no fencing token.',
  backend: 'redis',
  topologies: ['5 independent nodes'],
  claims,
  recoverMs: 2500,
  roundTrips: 2,
  async connect(context) {
    const options = parseOptions(redlockOptions, context.options);
    const { commands, subscribers } = connectClients(context, options);
    const redlock = new Redlock({ ...options, clients: commands, subscribers, prefix: context.prefix });
    return connected(redlock, { commands, subscribers }, context.signal);
  },
};
