/** The locks in a SQLite file, for the processes of one machine. Their connections are those of `node:sqlite`. */
export type { SqliteConnection } from './client.ts';
export type { MachineClock } from './clock.ts';
export { SqliteHeartbeatLock } from './heartbeat.ts';
export type { SqliteHeartbeatLockOptions } from './heartbeat.ts';
export { SqliteTableLock } from './table.ts';
export type { SqliteTableLockOptions } from './table.ts';
