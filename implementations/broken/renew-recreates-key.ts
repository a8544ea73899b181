/**
 * Mistake: a renewal that finds the key gone sets it again, and the holder goes on as if nothing had happened, although
 * others may have come and gone meanwhile. (It asks the server, not the clock, whether it still holds: to revive a lapsed
 * lease is to disregard its deadline.)
 * Source: renewal by `SET key token PX ttl` instead of a compared `PEXPIRE`, as in several issue threads on watchdogs.
 * Must show: exclusion violated under client-pause.
 */
import type { Lease } from '../lock.ts';
import type { Grant } from '../lease/backend.ts';
import { HeldLease } from '../lease/held-lease.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { Script } from '../redis/scripts.ts';
import { redisSpecimen } from './specimen.ts';

const EXTEND_OR_SET = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

class SetAgain extends RedisBackend {
  readonly #script = new Script(this.node.client, EXTEND_OR_SET);

  override extend({ key, token, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    return this.node.runScript(
      this.#script,
      (reply) => (reply === 1 ? 'extended' : 'lost'),
      1,
      this.node.lockKey(key),
      token,
      leaseMs,
    );
  }
}

class RevivedLease extends HeldLease {
  protected override lossAt(): number {
    return Infinity;
  }
}

class RevivingLock extends LeaseLock {
  protected override hold(settings: LeaseSettings, grant: Grant, sentAt: number): Lease {
    return new RevivedLease(settings, grant, sentAt);
  }
}

export const lock = redisSpecimen(
  {
    name: 'renew-recreates-key',
    specimen: {
      mistake: 'a renewal sets the key again when it has vanished',
      source: 'issue threads on watchdogs',
      shows: [{ property: 'exclusion', hazards: ['client-pause'] }],
    },
  },
  (options) => new RevivingLock(new SetAgain(options), options),
);
