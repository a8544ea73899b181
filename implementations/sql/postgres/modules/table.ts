/** `sql-table-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { PostgresTableLock } from '../table.ts';
import { connectLease } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-table-postgres',
  summary: 'A row of a PostgreSQL table with token, fence and expiry; one statement each; woken by LISTEN/NOTIFY.',
  backend: 'postgres',
  topologies: ['single', 'primary and replica'],
  claims: leaseClaims,
  recoverMs: 2500,
  roundTrips: 2,
  connect: (context) => connectLease(context, (options) => new PostgresTableLock(options)),
};
