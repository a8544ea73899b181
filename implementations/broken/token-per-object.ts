/**
 * Mistake: all acquisitions of a lock object have the token of that object. What is done late for one of them, by its
 * release or by giving up an attempt, ends another's lease.
 * Source: documents 001 and 003.
 * Must show: exclusion violated under client-pause or latency.
 */
import type { Answer, Grant, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { newToken } from '../token.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class OneToken extends RedisBackend {
  readonly #token = newToken();

  override async attempt({ key, leaseMs }: LeaseRequest): Promise<Answer> {
    const set = await this.node.run(() =>
      commandsOf(this.node).set(this.node.lockKey(key), this.#token, 'PX', leaseMs, 'NX'),
    );
    return { kind: set === 'OK' ? 'granted' : 'busy' };
  }

  override extend(grant: Grant): ReturnType<RedisBackend['extend']> {
    return super.extend({ ...grant, token: this.#token });
  }

  override free(grant: Grant): ReturnType<RedisBackend['free']> {
    return super.free({ ...grant, token: this.#token });
  }

  override undo(request: LeaseRequest): Promise<void> {
    return super.undo({ ...request, token: this.#token });
  }
}

export const lock = redisSpecimen(
  {
    name: 'token-per-object',
    specimen: {
      mistake: 'one token for all acquisitions of a lock object',
      source: 'documents 001 and 003',
      shows: [{ property: 'exclusion', hazards: ['client-pause', 'latency'] }],
    },
    load: { clientsPerWorker: 2 },
  },
  (options) => new LeaseLock(new OneToken(options), options),
);
