/** `sql-advisory-postgres` as the harness loads it. */
import type { LockModule } from '../../../lock.ts';
import { queuedConnectionClaims } from '../../modules/claims.ts';
import { PostgresAdvisoryLock } from '../advisory.ts';
import { connectHolders, onPostgres } from './connect.ts';

export const lock: LockModule = {
  ...onPostgres,
  name: 'sql-advisory-postgres',
  summary: 'PostgreSQL’s advisory lock, held by a connection; no lease; queued by the server; fence from a sequence.',
  claims: queuedConnectionClaims,
  load: { clientsPerWorker: 3 },
  // A waiter may have to make a connection before it can queue.
  turns: { allowanceMs: 600 },
  leasesAtOnce: 20,
  connect: (context) => connectHolders(context, (options) => new PostgresAdvisoryLock(options)),
};
