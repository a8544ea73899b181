/** `sql-row-mariadb` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { forgetfulConnectionClaims } from '../../modules/claims.ts';
import { MariadbRowLock } from '../row.ts';
import { connectHolders } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-row-mariadb',
  summary:
    'SELECT … FOR UPDATE on MariaDB, in a transaction that lasts as long as the lock; no lease; fence from a sequence.',
  backend: 'mariadb',
  topologies: ['single'],
  claims: forgetfulConnectionClaims,
  recoverMs: 2500,
  roundTrips: 2,
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new MariadbRowLock(options)),
};
