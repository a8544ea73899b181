/** MariaDB and MySQL: one protocol, and two dialects where a connection holds the lock. */
import { LockBackendError } from '../../lock.ts';

export type Dialect = 'mariadb' | 'mysql';

/** The statements that create what a lock needs; they do nothing where it exists. */
export type Schema = Readonly<Record<Dialect, readonly string[]>>;

/** The first that can skip locked rows (8.0.1), and make and fill a table in one atomic statement. */
const OLDEST_MYSQL = [8, 0, 21];

/** Of what `VERSION()` answers: MariaDB has its name in it. */
export function dialectOf(version: string): Dialect {
  return /mariadb/i.test(version) ? 'mariadb' : 'mysql';
}

/** The dialect of a lock that a connection holds. @throws LockBackendError for a MySQL that cannot carry one */
export function holderDialectOf(version: string): Dialect {
  const dialect = dialectOf(version);
  if (dialect === 'mysql' && isOlder(version)) {
    throw new LockBackendError(
      `this is MySQL ${version}: row and advisory locks need ${OLDEST_MYSQL.join('.')} or newer; ` +
        'take MariadbTableLock or MariadbHeartbeatLock there',
      'definite',
    );
  }
  return dialect;
}

function isOlder(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  const at = OLDEST_MYSQL.findIndex((oldest, index) => parts[index] !== oldest);
  // Where a cloud's own name stands in the place of a number, it is one of a later time.
  return at >= 0 && (parts[at] ?? 0) < (OLDEST_MYSQL[at] ?? 0);
}
