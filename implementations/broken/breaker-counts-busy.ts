/**
 * Mistake: "busy" counts as a failure of the server. After a few of them the circuit breaker opens, and while it is open
 * everybody is let in.
 * Source: document 000.
 * Must show: exclusion violated, without any fault, as soon as the lock is contended.
 */
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const MOST_FAILURES = 5;
const OPEN_MS = 1000;

class Breaker extends RedisBackend {
  #failures = 0;
  #openUntil = -Infinity;

  override async attempt(request: LeaseRequest): Promise<Answer> {
    if (systemClock.now() < this.#openUntil) return { kind: 'granted' };
    const answer = await super.attempt(request);
    this.#failures = answer.kind === 'granted' ? 0 : this.#failures + 1;
    if (this.#failures >= MOST_FAILURES) {
      this.#failures = 0;
      this.#openUntil = systemClock.now() + OPEN_MS;
    }
    return answer;
  }
}

export const lock = redisSpecimen(
  {
    name: 'breaker-counts-busy',
    specimen: {
      mistake: '"busy" opens the circuit breaker, and then everybody is let in',
      source: 'document 000',
      shows: [{ property: 'exclusion', hazards: ['none', 'client-pause', 'client-crash', 'latency'] }],
    },
    load: { clientsPerWorker: 2 },
  },
  (options) => new LeaseLock(new Breaker(options), options),
);
