/** The locks on PostgreSQL. Their pools are those of `pg`. */
export { PostgresAdvisoryLock } from './advisory.ts';
export type { PostgresAdvisoryLockOptions } from './advisory.ts';
export type { PostgresConnection, PostgresPool } from './client.ts';
export { PostgresHeartbeatLock } from './heartbeat.ts';
export type { PostgresHeartbeatLockOptions } from './heartbeat.ts';
export { PostgresRowLock } from './row.ts';
export type { PostgresRowLockOptions } from './row.ts';
export { PostgresTableLock } from './table.ts';
export type { PostgresTableLockOptions } from './table.ts';
