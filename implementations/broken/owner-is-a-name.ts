/**
 * Mistake: the owner is the name of the host, not of who asks: whoever runs on the same host is let in again.
 * Source: document 001 (`node_1`) and 002 (`thread-1`).
 * Must show: exclusion violated, without any fault.
 */
import { hostname } from 'node:os';
import type { Answer, LeaseRequest } from '../lease/backend.ts';
import { LeaseLock } from '../lease/lease-lock.ts';
import { RedisReentrantBackend } from '../redis/reentrant.ts';
import { claims } from '../redis/modules/reentrant.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class NamedAfterTheHost extends RedisReentrantBackend {
  override attempt(request: LeaseRequest): Promise<Answer> {
    return super.attempt({ ...request, owner: hostname() });
  }
}

export const lock = redisSpecimen(
  {
    name: 'owner-is-a-name',
    specimen: {
      mistake: 'the owner is the name of the host: a namesake is let in',
      source: 'documents 001 and 002',
      shows: [{ property: 'exclusion', hazards: ['none'] }],
    },
    claims,
  },
  (options) => new LeaseLock(new NamedAfterTheHost(options), options),
);
