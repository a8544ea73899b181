/**
 * Mistake: a renewal that finds the key gone sets it again, as soon as nobody else's is in the way, and the holder goes on
 * as if nothing had happened, although others have come and gone meanwhile. (After a pause it therefore asks the server,
 * not the clock, whether it still holds.)
 * Source: renewal by `SET key token PX ttl` instead of a compared `PEXPIRE`, as in several issue threads on watchdogs.
 * Must show: exclusion violated under client-pause.
 */
import type { Lease, ReleaseOutcome } from '../lock.ts';
import { sleep, systemClock } from '../lease/clock.ts';
import type { Grant } from '../lease/backend.ts';
import { HeldLease } from '../lease/held-lease.ts';
import type { LeaseSettings } from '../lease/held-lease.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { Script } from '../redis/scripts.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const EXTEND_OR_SET = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/** How long a renewal waits for a key that is another's by now. */
const PATIENCE_MS = 100;

class SetAgain extends RedisBackend {
  readonly #script = new Script(this.node.client, EXTEND_OR_SET);
  readonly #renewals = new Map<string, Promise<'extended' | 'lost'>>();

  override extend(grant: Grant): Promise<'extended' | 'lost'> {
    const renewal = this.#setAgain(grant).finally(() => this.#renewals.delete(grant.token));
    this.#renewals.set(grant.token, renewal);
    return renewal;
  }

  /** A renewal under way comes first. By token alone: what was set again goes by the fence of the first grant. */
  override async free(grant: Grant): Promise<ReleaseOutcome> {
    await this.#renewals.get(grant.token)?.catch(() => undefined);
    return super.free({ ...grant, fencingToken: undefined });
  }

  async #setAgain({ key, token, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    const until = systemClock.now() + PATIENCE_MS;
    do {
      const set = await this.node.runScript(
        this.#script,
        (reply) => reply === 1,
        1,
        this.node.lockKey(key),
        token,
        leaseMs,
      );
      if (set) return 'extended';
      await sleep(systemClock, 1);
    } while (systemClock.now() < until);
    return 'lost';
  }
}

/** Later than this after its deadline, a timer cannot be but that of a process that was stopped. */
const STOPPED_MS = 40;

class RevivedLease extends HeldLease {
  protected override lossAt(): number {
    const stopped = this.settings.renew && this.settings.clock.now() > this.expiresAt + STOPPED_MS;
    return stopped ? Infinity : this.expiresAt;
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
