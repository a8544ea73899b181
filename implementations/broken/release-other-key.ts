/**
 * Mistake: the release leaves the prefix out, so that it looks under a name that nobody has, and passes on that nothing was
 * there. Every lock is held until it expires.
 * Source: https://github.com/madelson/DistributedLock/issues/65
 * Must show: deadlock-freedom violated, without any fault and in the first cycle.
 */
import type { Grant } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import type { ReleaseOutcome } from '../lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class OtherName extends RedisBackend {
  override free(grant: Grant): Promise<ReleaseOutcome> {
    return super.free({ ...grant, key: `${grant.key}:unprefixed` });
  }
}

export const lock = redisSpecimen(
  {
    name: 'release-other-key',
    specimen: {
      mistake: 'release looks for the lock under another name',
      source: 'madelson/DistributedLock#65',
      shows: [{ property: 'deadlock-freedom', hazards: ['none'] }],
    },
  },
  (options) => new LeaseLock(new OtherName(options), options),
);
