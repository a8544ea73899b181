/** `redis-reentrant` as the harness loads it. */
import type { Claims } from '../../claims.ts';
import type { LockModule } from '../../lock.ts';
import { RedisReentrantLock } from '../reentrant.ts';
import { claims as basicClaims, connectRedis } from './basic.ts';

export const claims: Claims = {
  ...basicClaims,
  // With the data or the clock, the server loses who the owner is.
  reentrancy: basicClaims.exclusion,
};

export const lock: LockModule = {
  name: 'redis-reentrant',
  summary: 'One Redis server: the same owner is granted again at once, others when its last lease has ended.',
  backend: 'redis',
  topologies: ['single'],
  claims,
  recoverMs: 2500,
  roundTrips: 2,
  connect: (context) => connectRedis(context, (options) => new RedisReentrantLock(options)),
};
