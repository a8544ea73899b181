/**
 * Mistake: a writer asks whether another writes, and not whether others read.
 * Source: document 001.
 * Must show: sharing violated, without any fault (a writer beside a reader is also two who hold at once: exclusion).
 */
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisReadWriteBackend } from '../redis/read-write.ts';
import { claims } from '../redis/modules/read-write.ts';
import { commandsOf } from './shared/commands.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class IgnoresReaders extends RedisReadWriteBackend {
  override async attempt(request: LeaseRequest): Promise<Answer> {
    if (request.mode === 'shared') return super.attempt(request);
    const { key, token, leaseMs } = request;
    const lease = `${token}|0|`;
    const set = await this.node.run(() =>
      commandsOf(this.node).set(this.node.lockKey(key), lease, 'PX', leaseMs, 'NX'),
    );
    return { kind: set === 'OK' ? 'granted' : 'busy' };
  }
}

export const lock = redisSpecimen(
  {
    name: 'rw-writer-ignores-readers',
    specimen: {
      mistake: 'a writer looks for writers only',
      source: 'document 001',
      shows: [
        { property: 'sharing', hazards: ['none'] },
        { property: 'exclusion', hazards: ['none'] },
      ],
    },
    claims,
    load: { clientsPerWorker: 2 },
  },
  (options) => new LeaseLock(new IgnoresReaders(options), options),
);
