/** `sql-heartbeat-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { PostgresHeartbeatLock } from '../heartbeat.ts';
import { connectLease } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-heartbeat-postgres',
  summary:
    'A row of a PostgreSQL table with the holder’s heartbeat, taken over after its silence; woken by LISTEN/NOTIFY.',
  backend: 'postgres',
  topologies: ['single', 'primary and replica'],
  claims: leaseClaims,
  recoverMs: 2500,
  roundTrips: 2,
  connect: (context) => connectLease(context, (options) => new PostgresHeartbeatLock(options)),
};
