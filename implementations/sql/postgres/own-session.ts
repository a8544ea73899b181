/** Whether a connection has a session of the server for itself, or a pooler stands in between. */
import { LockBackendError } from '../../lock.ts';
import type { PostgresConnection } from './client.ts';
import { answerOf } from './database.ts';

const POOLED =
  'a pooler stands between this connection and PostgreSQL (PgBouncer?): with pool_mode = transaction a session, and the ' +
  'advisory lock that it holds, is given to the next client. Connect to PostgreSQL itself, take PostgresRowLock or ' +
  'PostgresTableLock, or, if each client has a session for itself (pool_mode = session), say so by sessionPooling: true';

/** Those that were asked. */
const own = new WeakSet<PostgresConnection>();

/**
 * A server tells a new client the number of the process that serves it; a pooler cannot, for that changes, and invents one.
 * @throws LockBackendError, definite, and as the statement does
 */
export async function checkOwnSession(connection: PostgresConnection): Promise<void> {
  const told: unknown = Reflect.get(connection, 'processID');
  // Not every client of `pg` keeps it (`pg-native`).
  if (typeof told !== 'number' || own.has(connection)) return;
  const { rows } = await answerOf(connection, { text: 'SELECT pg_backend_pid() AS pid' });
  if (rows[0]?.['pid'] !== told) throw new LockBackendError(POOLED, 'definite');
  own.add(connection);
}
