/** `sql-heartbeat-sqlite` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { fileClaims } from '../../modules/claims.ts';
import { SqliteHeartbeatLock } from '../heartbeat.ts';
import { connectFile } from './connect.ts';

export const lock: LockModule = {
  name: 'sql-heartbeat-sqlite',
  summary: 'A row of a SQLite file with the holder’s heartbeat, taken over after its silence; waiters poll.',
  backend: 'sqlite',
  topologies: ['single'],
  claims: fileClaims,
  recoverMs: 2000,
  polls: true,
  roundTrips: 0,
  connect: (context) => connectFile(context, (options) => new SqliteHeartbeatLock(options)),
};
