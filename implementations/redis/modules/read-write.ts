/** `redis-read-write` as the harness loads it. */
import type { Claims } from '../../claims.ts';
import type { LockModule } from '../../lock.ts';
import { RedisReadWriteLock } from '../read-write.ts';
import { claims as basicClaims, connectRedis } from './basic.ts';

export const claims: Claims = {
  ...basicClaims,
  // With the data or the clock, the server loses who reads and who waits.
  sharing: basicClaims.exclusion,
};

export const lock: LockModule = {
  name: 'redis-read-write',
  summary: 'One Redis server: many readers or one writer; a waiting writer keeps new readers out.',
  backend: 'redis',
  topologies: ['single'],
  claims,
  recoverMs: 2500,
  load: { clientsPerWorker: 2 },
  roundTrips: 2,
  connect: (context) => connectRedis(context, (options) => new RedisReadWriteLock(options)),
};
