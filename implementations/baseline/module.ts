/** What the baselines are, for the harness: they claim exclusion, so that verifying them fails. */
import type { LockModule } from '../lock.ts';

export const baseline = {
  backend: 'memory',
  topologies: ['single'],
  claims: {
    exclusion: { otherwise: 'holds' },
    'no-lost-update': { otherwise: 'holds' },
    'deadlock-freedom': { otherwise: 'holds' },
  },
  recoverMs: 1000,
  roundTrips: 0,
} as const satisfies Partial<LockModule>;
