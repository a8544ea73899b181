/** `sql-row-mysql` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { onMysql } from './connect.ts';
import { lock as onMariadb } from './row.ts';

export const lock: LockModule = {
  ...onMariadb,
  ...onMysql,
  roundTrips: 4,
  name: 'sql-row-mysql',
  summary:
    'SELECT … FOR UPDATE on MySQL, in a transaction that lasts as long as the lock; no lease; fence from a column’s numbers.',
};
