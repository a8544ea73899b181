/** `sql-heartbeat-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { PostgresHeartbeatLock } from '../heartbeat.ts';
import { connectLease, onPostgres } from './connect.ts';

export const lock: LockModule = {
  ...onPostgres,
  name: 'sql-heartbeat-postgres',
  summary:
    'A row of a PostgreSQL table with the holder’s heartbeat, taken over after its silence; woken by LISTEN/NOTIFY.',
  claims: leaseClaims,
  connect: (context) => connectLease(context, (options) => new PostgresHeartbeatLock(options)),
};
