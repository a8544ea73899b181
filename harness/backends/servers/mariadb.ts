import type { Connection } from 'mysql2/promise';
import type { Endpoint, Topology } from 'holdfast-locks';
import { InfrastructureError } from '../../base/errors.ts';
import { single, type Layout } from './layout.ts';
import type { NodeContext, ServerDefinition } from './server.ts';

/** Access denied, unknown database: answers that stay the same, however often one asks. */
const REFUSALS = [1044, 1045, 1049];
/** In which the locks' tables are. */
export const DATABASE = 'holdfast';

/** An empty server in the folder $1, and an empty database in it: a folder is one. */
const FILL = `
mariadb-install-db --no-defaults --datadir="$1" --tmpdir="$1" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve &&
mkdir "$1/${DATABASE}"`;

/** In a container, which begins as root and is reached from outside: the same, then the server. $1 folder, $2 `FILL`. */
const CONTAINER = `
folder=$1; fill=$2; shift 2
as="setpriv --reuid=mysql --regid=mysql --clear-groups --"
if [ ! -e "$folder/${DATABASE}" ]; then
  chown mysql "$folder"
  $as sh -c "$fill" sh "$folder" || exit 1
fi
# One statement a line.
echo "CREATE USER IF NOT EXISTS root@'%';" > "$folder/init.sql"
echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;" >> "$folder/init.sql"
exec $as mariadbd "$@" --init-file="$folder/init.sql"`;

function serverArgs({ host, port, folder }: NodeContext): string[] {
  return [
    ...['--no-defaults', `--datadir=${folder}`, `--port=${port}`, `--bind-address=${host}`],
    ...[`--socket=${folder}/socket`, `--pid-file=${folder}/pid`, '--skip-name-resolve', '--skip-log-bin'],
    ...['--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M'],
    // A folder of its own: a server that starts removes all temporary tables that it finds, also those of others.
    ...[`--tmpdir=${folder}`, '--max-connections=200'],
  ];
}

/** How a server is asked that speaks this protocol. */
export const asked = {
  probe: (endpoint, timeoutMs) =>
    withConnection(endpoint, timeoutMs, async (connection) => {
      const version = await first(connection, 'SELECT VERSION() AS version');
      return String(version).split('-')[0] ?? 'unknown';
    }),
  clockMs: (endpoint) =>
    withConnection(endpoint, 5000, async (connection) =>
      Number(await first(connection, `SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000 AS ms`)),
    ),
  census: (endpoint, prefix) => withConnection(endpoint, 5000, (connection) => count(connection, Buffer.from(prefix))),
  removePrefixed: (endpoint, prefix) =>
    withConnection(endpoint, 5000, (connection) => removeRows(connection, Buffer.from(prefix))),
} satisfies Partial<ServerDefinition>;

/**
 * MariaDB, one server. It answers a commit when the log is with the kernel, so that a crash of the process loses none; a crash
 * of the machine would (`innodb_flush_log_at_trx_commit=2`, which is what makes a temp folder cheap).
 */
export const mariadb: ServerDefinition = {
  name: 'mariadb',
  image: 'mariadb:11.4',
  containerPort: 3306,
  containerCommand: 'sh',
  containerArgs: (node) => ['-c', CONTAINER, 'sh', node.folder, FILL, ...serverArgs(node)],
  containerReady: /ready for connections/,
  native: { command: 'mariadbd', source: { kind: 'debian', package: 'mariadb-server' } },
  user: 'mysql',
  settings: { innodb_flush_log_at_trx_commit: '2' },
  args: serverArgs,
  init: ({ folder }) => ({ command: 'sh', args: ['-c', FILL, 'sh', folder] }),
  fakeClock: { preload: ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'] },
  ...asked,
};

export const mariadbLayouts: Readonly<Partial<Record<Topology, Layout>>> = { single: single(mariadb) };

/** The locks' tables, which all have a column `name` that is their key. */
async function tablesOf(connection: Connection): Promise<string[]> {
  const [tables] = await connection.query(
    `SELECT table_name AS name FROM information_schema.columns
     WHERE table_schema = ? AND table_name LIKE 'holdfast\\_%' AND column_name = 'name'`,
    [DATABASE],
  );
  return (tables as { name: string }[]).map(({ name }) => `${DATABASE}.${name}`);
}

/** Names that begin with `prefix`, as a range of the key. */
const RANGE = 'name >= ? AND name < ?';
const rangeOf = (prefix: Buffer): Buffer[] => [prefix, Buffer.concat([prefix, Buffer.of(0xff)])];

async function count(connection: Connection, prefix: Buffer): Promise<Readonly<Record<string, number>>> {
  let rows = 0;
  for (const table of await tablesOf(connection)) {
    rows += Number(await first(connection, `SELECT COUNT(*) FROM ${table} WHERE ${RANGE}`, rangeOf(prefix)));
  }
  const processes = 'SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID()';
  return {
    rows,
    connections: Number(await first(connection, `${processes} AND user NOT IN ('system user', 'event_scheduler')`)),
    transactions: Number(await first(connection, 'SELECT COUNT(*) FROM information_schema.innodb_trx')),
  };
}

/** Those that somebody has locked are in use. */
async function removeRows(connection: Connection, prefix: Buffer): Promise<number> {
  // No lock on anything but the rows themselves, and no long wait for one.
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  await connection.query('SET SESSION innodb_lock_wait_timeout = 1');
  let removed = 0;
  for (const table of await tablesOf(connection)) {
    const [result] = await connection.query(`DELETE FROM ${table} WHERE ${RANGE}`, rangeOf(prefix));
    removed += Number(Reflect.get(result, 'affectedRows'));
  }
  return removed;
}

/** The first column of the first row. */
async function first(connection: Connection, sql: string, values: unknown[] = []): Promise<unknown> {
  const [rows] = await connection.query(sql, values);
  return Object.values(Object((rows as unknown[])[0]))[0];
}

async function withConnection<T>(
  endpoint: Endpoint,
  timeoutMs: number,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  // Wanted only where there is such a server.
  const { createConnection } = await import('mysql2/promise');
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  const work = async (): Promise<T> => {
    connection = await createConnection({
      host: endpoint.host,
      port: endpoint.port,
      user: endpoint.username ?? 'root',
      connectTimeout: timeoutMs,
      password: endpoint.password,
      ...(endpoint.tls ? { ssl: {} } : {}),
    });
    connection.on('error', () => undefined);
    return use(connection);
  };
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    return await Promise.race([work(), late]);
  } catch (cause) {
    if (REFUSALS.includes(Number(Reflect.get(Object(cause), 'errno')))) {
      throw new InfrastructureError(`the database refuses this user: ${(cause as Error).message}`, { cause });
    }
    throw cause;
  } finally {
    clearTimeout(timer);
    connection?.destroy();
  }
}
