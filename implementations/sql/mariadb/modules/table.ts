/** `sql-table-mariadb` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { MariadbTableLock } from '../table.ts';
import { connectLease, onMariadb } from './connect.ts';

export const lock: LockModule = {
  ...onMariadb,
  name: 'sql-table-mariadb',
  summary: 'A row of a MariaDB table with token, fence and expiry; one statement each; waiters poll.',
  claims: leaseClaims,
  polls: true,
  connect: (context) => connectLease(context, (options) => new MariadbTableLock(options)),
};
