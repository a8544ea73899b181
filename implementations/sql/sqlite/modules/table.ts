/** `sql-table-sqlite` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { fileClaims } from '../../modules/claims.ts';
import { SqliteTableLock } from '../table.ts';
import { connectFile } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-table-sqlite',
  summary: 'A row of a SQLite file with token, fence and expiry by the machine’s monotonic clock; waiters poll.',
  backend: 'sqlite',
  topologies: ['single'],
  claims: fileClaims,
  recoverMs: 2000,
  polls: true,
  roundTrips: 0,
  connect: (context) => connectFile(context, (options) => new SqliteTableLock(options)),
};
