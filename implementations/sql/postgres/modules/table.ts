/** `sql-table-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { PostgresTableLock } from '../table.ts';
import { connectLease, onPostgres } from './connect.ts';

export const lock: LockModule = {
  ...onPostgres,
  name: 'sql-table-postgres',
  summary: 'A row of a PostgreSQL table with token, fence and expiry; one statement each; woken by LISTEN/NOTIFY.',
  claims: leaseClaims,
  connect: (context) => connectLease(context, (options) => new PostgresTableLock(options)),
};
