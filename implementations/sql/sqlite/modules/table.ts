/** `sql-table-sqlite` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { SqliteTableLock } from '../table.ts';
import { connectFile, onSqlite } from './connect.ts';

export const lock: LockModule = {
  ...onSqlite,
  name: 'sql-table-sqlite',
  summary: 'A row of a SQLite file with token, fence and expiry by the machine’s monotonic clock; waiters poll.',
  connect: (context) => connectFile(context, (options) => new SqliteTableLock(options)),
};
