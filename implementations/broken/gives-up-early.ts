/**
 * Mistake: the time limit of one command is taken for that of the whole acquire: whoever waits is told of a timeout long before
 * the time is over that it was ready to wait.
 * Source: https://github.com/spring-projects/spring-integration/issues/3700, https://github.com/hashicorp/consul/issues/4346
 * Must show: responsiveness violated, without any fault.
 */
import { LeaseLock } from '../lease/lease-lock.ts';
import type { Call, Granted } from '../lease/acquire.ts';
import { RedisBackend } from '../redis/basic.ts';
import { redisSpecimen } from './shared/redis-specimen.ts';

class Impatient extends LeaseLock {
  protected override wait(call: Call, timeoutMs: number): Promise<Granted> {
    return super.wait(call, Math.min(timeoutMs, call.commandTimeoutMs));
  }
}

export const lock = redisSpecimen(
  {
    name: 'gives-up-early',
    specimen: {
      mistake: 'whoever waits gives up after the time limit of one command',
      source: 'spring-projects/spring-integration#3700, hashicorp/consul#4346',
      shows: [{ property: 'responsiveness', hazards: ['none'] }],
    },
  },
  (options) => new Impatient(new RedisBackend(options), options),
);
