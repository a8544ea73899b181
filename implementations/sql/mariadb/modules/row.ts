/** `sql-row-mariadb` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { forgetfulConnectionClaims } from '../../modules/claims.ts';
import { MariadbRowLock } from '../row.ts';
import { connectHolders, onMariadb } from './connect.ts';

export const lock: LockModule = {
  ...onMariadb,
  name: 'sql-row-mariadb',
  summary:
    'SELECT … FOR UPDATE on MariaDB, in a transaction that lasts as long as the lock; no lease; fence from a sequence.',
  claims: forgetfulConnectionClaims,
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new MariadbRowLock(options)),
};
