/** What servers say when they refuse service: to this user, to writers, or to everybody. It is not the lock's doing. */

/** Words of Redis, PostgreSQL, MariaDB, SQLite, etcd, Consul and ZooKeeper. */
const REFUSED = new RegExp(
  [
    ...['NOPERM', 'READONLY', 'OOM command', 'WRONGPASS', 'NOAUTH', 'MISCONF', 'NOREPLICAS', 'max number of clients'],
    ...['permission denied', 'read-only (?:transaction|mode|option)', 'password authentication failed'],
    ...['too many (?:clients|connections)', 'remaining connection slots', 'no space left', 'could not extend file'],
    ...['access denied', 'command denied', 'the table .* is full', 'readonly database', 'database or disk is full'],
    ...['database space exceeded', 'ACL not found', 'NO_?AUTH\\b', 'AUTH_FAILED'],
  ].join('|'),
  'i',
);
const DEEPEST = 8;

/** The server's own words, where an error or what caused it is a refusal. */
export function refusalIn(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > DEEPEST) return undefined;
  const causes = [error.cause, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])];
  for (const cause of causes) {
    const words = refusalIn(cause, depth + 1);
    if (words !== undefined) return words;
  }
  return REFUSED.test(error.message) ? error.message.split('\n', 1)[0] : undefined;
}
