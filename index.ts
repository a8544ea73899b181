/** Holdfast as a library: the lock contract and the reference locks. Nothing of the harness is imported. */
export type {
  AcquireOptions,
  ConnectContext,
  ConnectedLock,
  Endpoint,
  Health,
  Inspection,
  Lease,
  Lock,
  LockModule,
  LossReason,
  Mode,
  Outcome,
  ReleaseOutcome,
  TryAcquireOptions,
} from './implementations/lock.ts';
export {
  InvalidKeyError,
  isLockError,
  LeaseLostError,
  LockAbortedError,
  LockBackendError,
  LockError,
  LockNotOwnedError,
  LockOutcomeUnknownError,
  LockTimeoutError,
  LockUpgradeError,
} from './implementations/lock.ts';
export type { Claim, Claims, Hazard, Property } from './implementations/claims.ts';
export type { LeaseBackend } from './implementations/lease/backend.ts';
export { LeaseLock } from './implementations/lease/lease-lock.ts';
export type { LeaseLockOptions } from './implementations/lease/options.ts';
export type { RetryStrategy } from './implementations/lease/retry.ts';
export { LocalLock } from './implementations/baseline/local.ts';
export { RedisLock } from './implementations/redis/basic.ts';
export type { RedisLockOptions } from './implementations/redis/basic.ts';
export { Redlock } from './implementations/redis/redlock.ts';
export type { RedlockOptions } from './implementations/redis/redlock.ts';
export { RedisReentrantLock } from './implementations/redis/reentrant.ts';
export { RedisReadWriteLock } from './implementations/redis/read-write.ts';
export { RedisFairLock } from './implementations/redis/fair.ts';
export { RedisSentinelLock } from './implementations/redis/sentinel.ts';
export type { RedisSentinelLockOptions } from './implementations/redis/sentinel.ts';
