/** What the Redis specimens share: everything that is not their mistake is the reference implementation's. */
import type { Claims } from '../../claims.ts';
import type { LeaseLock } from '../../lease/lease-lock.ts';
import type { LockModule, Specimen } from '../../lock.ts';
import { claims as basicClaims, connectRedis } from '../../redis/modules/basic.ts';
import type { RedisLockOptions } from '../../redis/basic.ts';
import { connectClients, connected } from '../../redis/modules/connect.ts';
import { parseOptions } from '../../lease/module-options.ts';
import { claims as redlockClaims, redlockOptions } from '../../redis/modules/redlock.ts';
import type { RedlockOptions } from '../../redis/redlock.ts';

interface Definition extends Pick<LockModule, 'load'> {
  readonly name: string;
  readonly specimen: Specimen;
  /** Default: those of the lock that it is nearly. */
  readonly claims?: Claims;
}

/** A specimen on one server. It claims what `redis-basic` does. */
export function redisSpecimen(definition: Definition, make: (options: RedisLockOptions) => LeaseLock): LockModule {
  return {
    summary: `Specimen: ${definition.specimen.mistake}`,
    backend: 'redis',
    topologies: ['single'],
    claims: basicClaims,
    recoverMs: 2500,
    ...definition,
    connect: (context) => connectRedis(context, make),
  };
}

/** A specimen on five independent servers. It claims what `redlock` does. */
export function redlockSpecimen(definition: Definition, make: (options: RedlockOptions) => LeaseLock): LockModule {
  return {
    summary: `Specimen: ${definition.specimen.mistake}`,
    backend: 'redis',
    topologies: ['5 independent nodes'],
    claims: redlockClaims,
    recoverMs: 2500,
    ...definition,
    async connect(context) {
      const options = parseOptions(redlockOptions, context.options);
      const clients = connectClients(context, options);
      const { commands, subscribers } = clients;
      return connected(
        make({ ...options, clients: commands, subscribers, prefix: context.prefix }),
        clients,
        context.signal,
      );
    },
  };
}

/**
 * How long a specimen dawdles where a real program would be held up now and then (by garbage collection, by a pool that
 * is empty, by a slow link), so that a fault falls into the gap within a few tries and not within thousands.
 */
export const GAP_MS = 50;
