/** `sql-advisory-mysql` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { onMysql } from './connect.ts';
import { lock as onMariadb } from './advisory.ts';

export const lock: LockModule = {
  ...onMariadb,
  ...onMysql,
  roundTrips: 3,
  name: 'sql-advisory-mysql',
  summary: 'MySQL’s GET_LOCK, held by a connection; no lease; fence counted in a row for each key.',
};
