/** What the SQL locks promise, and why. */
import type { Claims, PropertyClaims } from '../../claims.ts';

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
  // A row's first fence is the server's time, so fences also rise over a loss of the data, if the time does.
  fencing: {
    otherwise: 'holds',
    except: {
      ...hasNoQuorum,
      failover: 'not-promised',
      'clock-jump': 'not-promised',
      'clock-jump-majority': 'not-promised',
    },
    together: [{ hazards: ['server-crash-volatile', 'clock-jump-back'], claim: 'not-promised' }],
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
      // A lease that a slow clock has issued is over by the next primary's.
      const clocksDiffer = { hazards: ['failover', 'clock-jump-back'], claim: 'not-promised' } as const;
      const isSafety = property === 'exclusion' || property === 'no-lost-update';
      const together = [...(claimed.together ?? []), ...(isSafety ? [clocksDiffer] : [])];
      return [property, { ...claimed, except, together }];
    }),
  );
}

/**
 * Without a lease the server frees a lock as soon as its connection has ended, and the holder learns of that when it hears
 * of it: in between there may be two. A holder that stands still loses nothing.
 */
const endsWithoutNotice = {
  'lost-reply': 'not-promised',
  reset: 'not-promised',
  'client-partition': 'not-promised',
  'server-crash': 'not-promised',
  'server-crash-volatile': 'not-promised',
  failover: 'not-promised',
} as const;

/** `loss-notice` is measured against deadlines, and there are none. */
const connectionClaims: Claims = {
  exclusion: { otherwise: 'holds', except: { ...hasNoQuorum, ...endsWithoutNotice } },
  'no-lost-update': {
    otherwise: 'holds',
    except: { ...hasNoQuorum, ...endsWithoutNotice, 'client-pause': 'not-promised' },
  },
  // Numbers are drawn on the connection that holds the lock: no earlier holder can draw a higher one. But the answer with a
  // number may arrive when its connection has long ended with the server, and others have drawn theirs.
  fencing: {
    otherwise: 'holds',
    except: {
      ...hasNoQuorum,
      failover: 'not-promised',
      'server-crash': 'not-promised',
      'server-crash-volatile': 'not-promised',
    },
  },
  'deadlock-freedom': { otherwise: 'holds', except: { ...hasNoQuorum, 'majority-partition': 'holds' } },
};

/**
 * PostgreSQL queues who waits for an advisory lock, in the order of their arrival; but how long a wait may take it measures by
 * its wall clock: when that jumps, waits end early and are begun anew.
 */
export const queuedConnectionClaims: Claims = {
  ...connectionClaims,
  fairness: {
    otherwise: 'holds',
    except: {
      ...hasNoQuorum,
      ...endsWithoutNotice,
      'clock-jump': 'not-promised',
      'clock-jump-back': 'not-promised',
      'clock-jump-majority': 'not-promised',
      // What these touch is every wait there is, and nothing can be told of those.
      'slow-node': 'not-applicable',
      'server-pause': 'not-applicable',
      'majority-partition': 'not-applicable',
    },
  },
};

/**
 * Where a crash of the server may also forget the last numbers: PostgreSQL makes them durable when their transaction commits,
 * and that of a row lock is open; MariaDB does some time later.
 */
export const forgetfulConnectionClaims: Claims = connectionClaims;

/**
 * Of a lease in a file of this machine: there is no network, no server, and no clock but the machine's monotonic one, which
 * nobody can set.
 */
export const fileClaims: Claims = {
  exclusion: ofProcesses(),
  // A client that was stopped may write when its lease has ended.
  'no-lost-update': ofProcesses({ 'client-pause': 'not-promised' }),
  fencing: ofProcesses(),
  'loss-notice': ofProcesses(),
  'deadlock-freedom': ofProcesses(),
};

function ofProcesses(except: PropertyClaims['except'] = {}): PropertyClaims {
  const holds = {
    none: 'holds',
    'client-pause': 'holds',
    'client-crash': 'holds',
    'client-clock-jump': 'holds',
  } as const;
  return { otherwise: 'not-applicable', except: { ...holds, ...except } };
}
