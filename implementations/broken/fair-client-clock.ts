/**
 * Mistake: the place in the queue is the time of the client's own clock, in nanoseconds, which are beyond 2^53 as well.
 * Whose clock is behind comes first.
 * Source: document 001.
 * Must show: fairness violated under client-clock-jump.
 */
import { RedisFairLock } from '../redis/fair.ts';
import { DocumentQueue, fairClaims } from './shared/queue.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

const NS_PER_MS = 1e6;

export const lock = redisSpecimen(
  {
    name: 'fair-client-clock',
    specimen: {
      mistake: "places in the queue are taken from the clients' clocks",
      source: 'document 001',
      shows: [{ property: 'fairness', hazards: ['client-clock-jump'] }],
    },
    claims: fairClaims,
    load: { clientsPerWorker: 3 },
  },
  (options) => new RedisFairLock(options, new DocumentQueue(options, { place: () => Date.now() * NS_PER_MS })),
);
