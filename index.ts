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
export { ConnectionLock } from './implementations/connection/connection-lock.ts';
export type { ConnectionLockOptions } from './implementations/connection/connection-lock.ts';
export type { Holder, HolderBackend } from './implementations/connection/backend.ts';
export { MariadbAdvisoryLock } from './implementations/sql/mariadb/advisory.ts';
export type { MariadbAdvisoryLockOptions } from './implementations/sql/mariadb/advisory.ts';
export { MariadbHeartbeatLock } from './implementations/sql/mariadb/heartbeat.ts';
export type { MariadbHeartbeatLockOptions } from './implementations/sql/mariadb/heartbeat.ts';
export { MariadbRowLock } from './implementations/sql/mariadb/row.ts';
export type { MariadbRowLockOptions } from './implementations/sql/mariadb/row.ts';
export { MariadbTableLock } from './implementations/sql/mariadb/table.ts';
export type { MariadbTableLockOptions } from './implementations/sql/mariadb/table.ts';
export { PostgresAdvisoryLock } from './implementations/sql/postgres/advisory.ts';
export type { PostgresAdvisoryLockOptions } from './implementations/sql/postgres/advisory.ts';
export { PostgresHeartbeatLock } from './implementations/sql/postgres/heartbeat.ts';
export type { PostgresHeartbeatLockOptions } from './implementations/sql/postgres/heartbeat.ts';
export { PostgresRowLock } from './implementations/sql/postgres/row.ts';
export type { PostgresRowLockOptions } from './implementations/sql/postgres/row.ts';
export { PostgresTableLock } from './implementations/sql/postgres/table.ts';
export type { PostgresTableLockOptions } from './implementations/sql/postgres/table.ts';
export { SqliteHeartbeatLock } from './implementations/sql/sqlite/heartbeat.ts';
export type { SqliteHeartbeatLockOptions } from './implementations/sql/sqlite/heartbeat.ts';
export { SqliteTableLock } from './implementations/sql/sqlite/table.ts';
export type { SqliteTableLockOptions } from './implementations/sql/sqlite/table.ts';
export { RedisSentinelLock } from './implementations/redis/sentinel.ts';
export type { RedisSentinelLockOptions } from './implementations/redis/sentinel.ts';
export { MultiLock } from './implementations/decorators/multi-lock.ts';
export type { MultiLockOptions } from './implementations/decorators/multi-lock.ts';
export { MultiLease } from './implementations/decorators/multi-lease.ts';
export { ConsulLock } from './implementations/consul/lock.ts';
export type { ConsulLockOptions } from './implementations/consul/lock.ts';
export type { ConsulClient } from './implementations/consul/client.ts';
export { EtcdClient } from './implementations/etcd/client.ts';
export type { EtcdClientOptions } from './implementations/etcd/client.ts';
export { EtcdLock } from './implementations/etcd/lock.ts';
export type { EtcdLockOptions } from './implementations/etcd/lock.ts';
export { ZookeeperLock } from './implementations/zookeeper/lock.ts';
export type { ZookeeperLockOptions } from './implementations/zookeeper/lock.ts';
export type { ZookeeperClient } from './implementations/zookeeper/client.ts';
