/** The locks on MariaDB and MySQL. Their pools are those of `mysql2/promise`. */
export { MariadbAdvisoryLock } from './advisory.ts';
export type { MariadbAdvisoryLockOptions } from './advisory.ts';
export type { MariadbConnection, MariadbPool } from './client.ts';
export { MariadbHeartbeatLock } from './heartbeat.ts';
export type { MariadbHeartbeatLockOptions } from './heartbeat.ts';
export { MariadbRowLock } from './row.ts';
export type { MariadbRowLockOptions } from './row.ts';
export { MariadbTableLock } from './table.ts';
export type { MariadbTableLockOptions } from './table.ts';
