/** `sql-heartbeat-sqlite` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { SqliteHeartbeatLock } from '../heartbeat.ts';
import { connectFile, onSqlite } from './connect.ts';

export const lock: LockModule = {
  ...onSqlite,
  name: 'sql-heartbeat-sqlite',
  summary: 'A row of a SQLite file with the holder’s heartbeat, taken over after its silence; waiters poll.',
  connect: (context) => connectFile(context, (options) => new SqliteHeartbeatLock(options)),
};
