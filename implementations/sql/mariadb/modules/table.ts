/** `sql-table-mariadb` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { MariadbTableLock } from '../table.ts';
import { connectLease } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-table-mariadb',
  summary: 'A row of a MariaDB table with token, fence and expiry; one statement each; waiters poll.',
  backend: 'mariadb',
  topologies: ['single'],
  claims: leaseClaims,
  recoverMs: 2500,
  polls: true,
  roundTrips: 2,
  connect: (context) => connectLease(context, (options) => new MariadbTableLock(options)),
};
