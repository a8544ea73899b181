/**
 * Mistake: a waiter that has died stays in the queue, and when it is first, nobody else's turn ever comes.
 * Source: document 001.
 * Must show: deadlock-freedom violated under client-crash.
 */
import { RedisFairLock } from '../redis/fair.ts';
import { DocumentQueue, fairClaims } from './shared/queue.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

export const lock = redisSpecimen(
  {
    name: 'fair-queue-dead-head',
    specimen: {
      mistake: 'a dead waiter at the head of the queue blocks all',
      source: 'document 001',
      shows: [{ property: 'deadlock-freedom', hazards: ['client-crash'] }],
    },
    claims: fairClaims,
    load: { clientsPerWorker: 2 },
  },
  (options) => new RedisFairLock(options, new DocumentQueue(options, { keepsTheDead: true })),
);
