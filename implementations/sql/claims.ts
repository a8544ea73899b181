/** What the SQL locks promise, and why. */
import type { Claims } from '../claims.ts';

/** Without a majority of anything; cut off, nobody is granted anything. */
const hasNoQuorum = { 'minority-partition': 'not-applicable', 'majority-partition': 'unavailable' } as const;

/** Rows that are lost, or judged by a clock that was set forward, are no exclusion. */
const unsafe = {
  'server-crash-volatile': 'not-promised',
  'clock-jump': 'not-promised',
  'clock-jump-majority': 'not-promised',
} as const;

/**
 * Of a lease in a row of one server. With an asynchronous replica the same, and nothing under `failover`: what the primary
 * had committed last may not have arrived.
 */
export const leaseClaims: Claims = {
  exclusion: { otherwise: 'holds', except: { ...hasNoQuorum, ...unsafe, failover: 'not-promised' } },
  'no-lost-update': {
    otherwise: 'holds',
    except: { ...hasNoQuorum, ...unsafe, failover: 'not-promised', 'client-pause': 'not-promised' },
  },
  // A row's first fence is the server's time, so fences also rise over a loss of the data.
  fencing: {
    otherwise: 'holds',
    except: {
      ...hasNoQuorum,
      failover: 'not-promised',
      'clock-jump': 'not-promised',
      'clock-jump-majority': 'not-promised',
    },
  },
  'loss-notice': { otherwise: 'holds', except: { ...hasNoQuorum, 'majority-partition': 'holds' } },
  // An absolute expiry moves away by as much as the clock is set back.
  'deadlock-freedom': {
    otherwise: 'holds',
    except: { ...hasNoQuorum, 'majority-partition': 'holds', 'clock-jump-back': 'not-promised' },
  },
};

/** With a synchronous replica whose clock agrees with the primary's: what was answered is on both. */
export const synchronousLeaseClaims: Claims = withFailover(leaseClaims);

function withFailover(claims: Claims): Claims {
  return Object.fromEntries(
    Object.entries(claims).map(([property, claimed]) => {
      const { failover: _, ...except } = claimed.except ?? {};
      return [property, { ...claimed, except }];
    }),
  );
}
