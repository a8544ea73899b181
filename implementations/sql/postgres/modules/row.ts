/** `sql-row-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { forgetfulConnectionClaims } from '../../modules/claims.ts';
import { PostgresRowLock } from '../row.ts';
import { connectHolders } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-row-postgres',
  summary:
    'SELECT … FOR UPDATE on PostgreSQL, in a transaction that lasts as long as the lock; no lease; fence from a sequence.',
  backend: 'postgres',
  topologies: ['single', 'primary and replica'],
  claims: forgetfulConnectionClaims,
  recoverMs: 2500,
  roundTrips: 2,
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new PostgresRowLock(options)),
};
