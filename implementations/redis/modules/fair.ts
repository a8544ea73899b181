/** `redis-fair` as the harness loads it. */
import type { Claims } from '../../claims.ts';
import type { LockModule } from '../../lock.ts';
import { RedisFairLock } from '../fair.ts';
import { claims as basicClaims, connectRedis } from './basic.ts';

export const claims: Claims = {
  ...basicClaims,
  // The queue is part of the data, and who is alive in it is judged by the server's clock.
  fairness: basicClaims.exclusion,
};

export const lock: LockModule = {
  name: 'redis-fair',
  summary: 'One Redis server, first come, first served: a release hands the lock to the next in the queue.',
  backend: 'redis',
  topologies: ['single'],
  claims,
  recoverMs: 2500,
  load: { clientsPerWorker: 3 },
  roundTrips: 2,
  connect: (context) => connectRedis(context, (options) => new RedisFairLock(options)),
};
