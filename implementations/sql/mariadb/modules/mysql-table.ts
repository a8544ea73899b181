/** `sql-table-mysql` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { onMysql } from './connect.ts';
import { lock as onMariadb } from './table.ts';

export const lock: LockModule = {
  ...onMariadb,
  ...onMysql,
  name: 'sql-table-mysql',
  summary: 'A row of a MySQL table with token, fence and expiry; one statement each; waiters poll.',
};
