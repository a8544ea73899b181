/** Holdfast as a library: the lock contract and the reference locks, and the commands of the harness, loaded when called. */
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
} from 'holdfast-locks';
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
} from 'holdfast-locks';
export type { Claim, Claims, Hazard, Property } from 'holdfast-locks/internal/claims';
export type { LeaseBackend } from 'holdfast-locks/internal/lease/backend';
export { LeaseLock } from 'holdfast-locks/internal/lease/lease-lock';
export type { LeaseLockOptions } from 'holdfast-locks/internal/lease/options';
export type { RetryStrategy } from 'holdfast-locks/internal/lease/retry';
export { LocalLock } from 'holdfast-locks/internal/baseline/local';
export { RedisLock } from 'holdfast-locks/internal/redis/basic';
export type { RedisLockOptions } from 'holdfast-locks/internal/redis/basic';
export { Redlock } from 'holdfast-locks/internal/redis/redlock';
export type { RedlockOptions } from 'holdfast-locks/internal/redis/redlock';
export { RedisReentrantLock } from 'holdfast-locks/internal/redis/reentrant';
export { RedisReadWriteLock } from 'holdfast-locks/internal/redis/read-write';
export { RedisFairLock } from 'holdfast-locks/internal/redis/fair';
export { ConnectionLock } from 'holdfast-locks/internal/connection/connection-lock';
export type { ConnectionLockOptions } from 'holdfast-locks/internal/connection/connection-lock';
export type { Holder, HolderBackend } from 'holdfast-locks/internal/connection/backend';
export { MariadbAdvisoryLock } from 'holdfast-locks/internal/sql/mariadb/advisory';
export type { MariadbAdvisoryLockOptions } from 'holdfast-locks/internal/sql/mariadb/advisory';
export { MariadbHeartbeatLock } from 'holdfast-locks/internal/sql/mariadb/heartbeat';
export type { MariadbHeartbeatLockOptions } from 'holdfast-locks/internal/sql/mariadb/heartbeat';
export { MariadbRowLock } from 'holdfast-locks/internal/sql/mariadb/row';
export type { MariadbRowLockOptions } from 'holdfast-locks/internal/sql/mariadb/row';
export { MariadbTableLock } from 'holdfast-locks/internal/sql/mariadb/table';
export type { MariadbTableLockOptions } from 'holdfast-locks/internal/sql/mariadb/table';
export { PostgresAdvisoryLock } from 'holdfast-locks/internal/sql/postgres/advisory';
export type { PostgresAdvisoryLockOptions } from 'holdfast-locks/internal/sql/postgres/advisory';
export { PostgresHeartbeatLock } from 'holdfast-locks/internal/sql/postgres/heartbeat';
export type { PostgresHeartbeatLockOptions } from 'holdfast-locks/internal/sql/postgres/heartbeat';
export { PostgresRowLock } from 'holdfast-locks/internal/sql/postgres/row';
export type { PostgresRowLockOptions } from 'holdfast-locks/internal/sql/postgres/row';
export { PostgresTableLock } from 'holdfast-locks/internal/sql/postgres/table';
export type { PostgresTableLockOptions } from 'holdfast-locks/internal/sql/postgres/table';
export { SqliteHeartbeatLock } from 'holdfast-locks/internal/sql/sqlite/heartbeat';
export type { SqliteHeartbeatLockOptions } from 'holdfast-locks/internal/sql/sqlite/heartbeat';
export { SqliteTableLock } from 'holdfast-locks/internal/sql/sqlite/table';
export type { SqliteTableLockOptions } from 'holdfast-locks/internal/sql/sqlite/table';
export { RedisSentinelLock } from 'holdfast-locks/internal/redis/sentinel';
export type { RedisSentinelLockOptions } from 'holdfast-locks/internal/redis/sentinel';
export { MultiLock } from 'holdfast-locks/internal/decorators/multi-lock';
export type { MultiLockOptions } from 'holdfast-locks/internal/decorators/multi-lock';
export { MultiLease } from 'holdfast-locks/internal/decorators/multi-lease';
export { ConsulLock } from 'holdfast-locks/internal/consul/lock';
export type { ConsulLockOptions } from 'holdfast-locks/internal/consul/lock';
export type { ConsulClient } from 'holdfast-locks/internal/consul/client';
export { EtcdClient } from 'holdfast-locks/internal/etcd/client';
export type { EtcdClientOptions } from 'holdfast-locks/internal/etcd/client';
export { EtcdLock } from 'holdfast-locks/internal/etcd/lock';
export type { EtcdLockOptions } from 'holdfast-locks/internal/etcd/lock';
export { ZookeeperLock } from 'holdfast-locks/internal/zookeeper/lock';
export type { ZookeeperLockOptions } from 'holdfast-locks/internal/zookeeper/lock';
export type { ZookeeperClient } from 'holdfast-locks/internal/zookeeper/client';

// The commands of the harness as functions; docs/api.md shows how they are used.
export {
  bench,
  check,
  compare,
  conformance,
  doctor,
  down,
  replay,
  report,
  setup,
  shrink,
  soak,
  specimens,
  up,
  verify,
} from './harness/commands/api.ts';
export { InfrastructureError, UsageError } from './harness/base/errors.ts';
export type { BenchEvent, BenchRequest } from './harness/commands/bench-request.ts';
export type { CommandOptions } from './harness/commands/caller.ts';
export type { CheckedFile, CheckEvent, CheckOptions, CheckRequest, CheckResult } from './harness/commands/check.ts';
export type { CompareEvent, CompareRequest } from './harness/commands/compare-request.ts';
export type {
  ConformanceEvent,
  ConformanceOfLock,
  ConformanceRequest,
  ConformanceResult,
} from './harness/commands/conformance.ts';
export type { DoctorResult } from './harness/commands/doctor.ts';
export type { ReplayRequest, ShrinkRequest, ShrinkResult } from './harness/commands/replay.ts';
export type { ReportRequest, ReportResult } from './harness/commands/report.ts';
export type { ReportedEvent, RunResult } from './harness/commands/result.ts';
export type { SetupEvent, SetupRequest, SetupResult } from './harness/commands/setup.ts';
export type { SoakEvent, SoakFind, SoakRequest, SoakResult } from './harness/commands/soak.ts';
export type {
  SpecimenResult,
  SpecimensEvent,
  SpecimensRequest,
  SpecimensResult,
} from './harness/commands/specimens.ts';
export type { UpEvent, UpRequest, UpResult } from './harness/commands/up.ts';
export type { ShrinkEvent, VerifyEvent, ViolationSeen } from './harness/commands/verify-events.ts';
export type { VerifyRequest } from './harness/commands/verify-request.ts';
export type { Plan } from './harness/plan/plan.ts';
export type { Cell, LockReport, Report } from './harness/report/report.ts';
