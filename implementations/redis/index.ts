/** The locks on Redis. Their clients are those of `ioredis`. */
export { RedisLock } from './basic.ts';
export type { RedisLockOptions } from './basic.ts';
export type { PrimaryClient, RedisClient } from './client.ts';
export { RedisFairLock } from './fair.ts';
export { RedisReadWriteLock } from './read-write.ts';
export { Redlock } from './redlock.ts';
export type { RedlockOptions } from './redlock.ts';
export { RedisReentrantLock } from './reentrant.ts';
export { RedisSentinelLock } from './sentinel.ts';
export type { RedisSentinelLockOptions } from './sentinel.ts';
