/** What the locks on servers that agree by majority promise: ZooKeeper, etcd, Consul. */
import type { Claims, PropertyClaims } from './claims.ts';

/** The data are on the disks of a majority, and time is measured on monotonic clocks. */
const quorum = { 'server-crash-volatile': 'not-promised', 'majority-partition': 'unavailable' } as const;

/** What holds wherever a majority has its data. */
export const byMajority: PropertyClaims = { otherwise: 'holds', except: quorum };

/** All but what a lock does beyond exclusion. */
export const quorumClaims = {
  exclusion: byMajority,
  'no-lost-update': { otherwise: 'holds', except: { ...quorum, 'client-pause': 'not-promised' } },
  fencing: byMajority,
  'loss-notice': { otherwise: 'holds' },
  'deadlock-freedom': { otherwise: 'holds', except: { 'server-crash-volatile': 'not-promised' } },
} as const satisfies Claims;

/** A waiter whose request was not answered asks anew, behind those who came meanwhile. */
export const fairUnlessAskedAnew: PropertyClaims = {
  otherwise: 'holds',
  except: {
    ...quorum,
    latency: 'not-promised',
    'late-request': 'not-promised',
    'slow-node': 'not-promised',
    'server-pause': 'not-promised',
    'server-crash': 'not-promised',
    failover: 'not-promised',
    'minority-partition': 'not-promised',
    'majority-partition': 'not-promised',
  },
};
