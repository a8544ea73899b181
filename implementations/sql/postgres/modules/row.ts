/** `sql-row-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { forgetfulConnectionClaims } from '../../modules/claims.ts';
import { PostgresRowLock } from '../row.ts';
import { connectHolders, onPostgres } from './connect.ts';

export const lock: LockModule = {
  ...onPostgres,
  name: 'sql-row-postgres',
  summary:
    'SELECT … FOR UPDATE on PostgreSQL, in a transaction that lasts as long as the lock; no lease; fence from a sequence.',
  claims: forgetfulConnectionClaims,
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new PostgresRowLock(options)),
};
