/**
 * Mistake: nothing ends the thread that renews, and what it renews is the key, whoever's it is by then. The key of a holder
 * that crashed is kept alive by those who held it before.
 * Source: document 004 (Haskell).
 * Must show: deadlock-freedom violated under client-crash.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const RENEWALS_PER_LEASE = 3;

class RenewsForEver extends RedisBackend {
  readonly #renewed = new Set<string>();

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const answer = await super.attempt(request);
    if (answer.kind === 'granted') this.#renewForEver(request);
    return answer;
  }

  override async extend({ key, leaseMs }: Grant): Promise<'extended' | 'lost'> {
    const client = commandsOf(this.node);
    const kept = await this.node.run(() => client.pexpire(this.node.lockKey(key), leaseMs));
    return kept === 1 ? 'extended' : 'lost';
  }

  #renewForEver({ key, leaseMs }: LeaseRequest): void {
    if (this.#renewed.has(key)) return;
    this.#renewed.add(key);
    const client = commandsOf(this.node);
    const renew = (): void => void client.pexpire(this.node.lockKey(key), leaseMs).catch(() => undefined);
    const timer = setInterval(renew, leaseMs / RENEWALS_PER_LEASE).unref();
    client.once('end', () => clearInterval(timer));
  }
}

export const lock = redisSpecimen(
  {
    name: 'renewal-never-stops',
    specimen: {
      mistake: 'renewal goes on after the release, of whoever holds the key by then',
      source: 'document 004',
      shows: [{ property: 'deadlock-freedom', hazards: ['client-crash'] }],
    },
  },
  (options) => new LeaseLock(new RenewsForEver(options), options),
);
