/** `sql-heartbeat-mysql` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { onMysql } from './connect.ts';
import { lock as onMariadb } from './heartbeat.ts';

export const lock: LockModule = {
  ...onMariadb,
  ...onMysql,
  name: 'sql-heartbeat-mysql',
  summary: 'A row of a MySQL table with the holder’s heartbeat, taken over after its silence; waiters poll.',
};
