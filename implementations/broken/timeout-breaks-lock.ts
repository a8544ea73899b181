/**
 * Mistake: whoever finds the lock busy for longer than its limit takes the holder for dead, and deletes the key.
 * Source: documents 000 and 001: a time limit that is taken for proof that the lock is stuck.
 * Must show: exclusion violated, without any fault, as soon as the lock is held for longer than others will wait.
 */
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { systemClock } from '../lease/clock.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisBackend } from '../redis/basic.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const LIMIT_MS = 200;

class BreaksIn extends RedisBackend {
  /** Key → since when this process has found it busy. */
  readonly #busySince = new Map<string, number>();

  override async attempt(request: LeaseRequest): Promise<Answer> {
    const { key } = request;
    const answer = await super.attempt(request);
    if (answer.kind !== 'busy') {
      this.#busySince.delete(key);
      return answer;
    }
    const now = systemClock.now();
    const since = this.#busySince.get(key) ?? now;
    this.#busySince.set(key, since);
    if (now - since < LIMIT_MS) return answer;
    this.#busySince.delete(key);
    // The mistake: the key is of somebody who holds it, and was not asked.
    await this.node.run(() => commandsOf(this.node).del(this.node.lockKey(key)));
    return super.attempt(request);
  }
}

export const lock = redisSpecimen(
  {
    name: 'timeout-breaks-lock',
    specimen: {
      mistake: 'whoever finds the lock busy for too long deletes the key of its holder',
      source: 'documents 000 and 001',
      shows: [{ property: 'exclusion', hazards: [] }],
    },
  },
  (options) => new LeaseLock(new BreaksIn(options), options),
);
