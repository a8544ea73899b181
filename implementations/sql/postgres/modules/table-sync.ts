/**
 * The same lock on a primary with a synchronous replica: what was granted is on both before it is answered, so a failover
 * loses no lock, as long as the clocks of the two agree.
 */
import type { LockModule } from '../../../lock.ts';
import { synchronousLeaseClaims } from '../../modules/claims.ts';
import { lock as table } from './table.ts';

export const lock: LockModule = {
  ...table,
  name: 'sql-table-postgres-sync',
  summary: 'sql-table-postgres on a primary with a synchronous replica: a failover loses no lock.',
  topologies: ['primary and synchronous replica'],
  claims: synchronousLeaseClaims,
};
