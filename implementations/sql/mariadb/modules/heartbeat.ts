/** `sql-heartbeat-mariadb` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { leaseClaims } from '../../modules/claims.ts';
import { MariadbHeartbeatLock } from '../heartbeat.ts';
import { connectLease, onMariadb } from './connect.ts';

export const lock: LockModule = {
  ...onMariadb,
  name: 'sql-heartbeat-mariadb',
  summary: 'A row of a MariaDB table with the holder’s heartbeat, taken over after its silence; waiters poll.',
  claims: leaseClaims,
  polls: true,
  connect: (context) => connectLease(context, (options) => new MariadbHeartbeatLock(options)),
};
