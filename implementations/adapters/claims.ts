import type { Claims, PropertyClaims } from '../claims.ts';

/** What a library on Redis servers cannot promise, whatever its documentation says: their expiries follow their wall clocks. */
const onRedis = {
  'server-crash-volatile': 'not-promised',
  failover: 'not-applicable',
  'clock-jump': 'not-promised',
  'clock-jump-majority': 'not-promised',
} as const;

/** Of a library that counts attempts, and not the time that somebody is ready to wait. */
export const countsAttempts: Claims = { responsiveness: { otherwise: 'not-applicable' } };

/** Of a library whose documentation promises exclusion, except under these. */
export function describedClaims(
  except: NonNullable<PropertyClaims['except']>,
  furtherForUpdates: NonNullable<PropertyClaims['except']> = {},
): Claims {
  return {
    exclusion: { otherwise: 'holds', except: { ...onRedis, ...except } },
    'no-lost-update': { otherwise: 'holds', except: { ...onRedis, ...except, ...furtherForUpdates } },
    'deadlock-freedom': {
      otherwise: 'holds',
      except: { failover: 'not-applicable', 'clock-jump-back': 'not-promised', 'clock-jump-majority': 'not-promised' },
    },
  };
}
