import type { Topology } from 'holdfast-locks';
import { findBinary } from '../binaries.ts';
import { single, type Layout } from './layout.ts';
import { asked, DATABASE } from './mariadb.ts';
import type { NodeContext, ServerDefinition } from './server.ts';

/** Each start makes what is missing. One statement a line. */
const SQL = [
  `CREATE DATABASE IF NOT EXISTS ${DATABASE};`,
  "CREATE USER IF NOT EXISTS root@'%';",
  "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;",
  '',
].join('\n');

/** $1 folder, $2 what its first statements are; then the program and its arguments. */
const FILL = 'printf %s "$2" > "$1/init.sql" && shift 2 && exec "$@"';

/** It refuses to run as root unless it is told to; its user of Debian's cannot read what root has unpacked. */
const asCurrentUser = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

const settings = ['--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=32M', '--max-connections=200'];

function serverArgs({ host, port, folder }: NodeContext): string[] {
  return [
    ...[`--datadir=${folder}/data`, `--init-file=${folder}/init.sql`, `--port=${port}`, `--bind-address=${host}`],
    ...[`--socket=${folder}/socket`, `--pid-file=${folder}/pid`, `--tmpdir=${folder}`, '--secure-file-priv=NULL'],
    ...['--mysqlx=OFF', '--skip-name-resolve', '--skip-log-bin', ...settings, ...asCurrentUser()],
  ];
}

/**
 * MySQL, one server. Debian's stable releases have none, so `setup --backends mysql` unpacks that of unstable; nothing else
 * asks for it. Its clock cannot be set: libfaketime of the machine does not go with the libraries of another suite.
 */
export const mysql: ServerDefinition = {
  name: 'mysql',
  image: 'mysql:9.4',
  containerPort: 3306,
  containerEnvironment: { MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', MYSQL_DATABASE: DATABASE, MYSQL_ROOT_HOST: '%' },
  containerArgs: () => ['--mysqlx=OFF', '--skip-name-resolve', '--skip-log-bin', ...settings],
  containerReady: /ready for connections\..*port: 3306/,
  native: {
    command: 'mysqld-of-sid',
    source: { kind: 'suite', suite: 'sid', package: 'mysql-server-core', program: 'usr/sbin/mysqld' },
  },
  settings: { innodb_flush_log_at_trx_commit: '2' },
  args: serverArgs,
  init: ({ folder }) => ({
    command: 'sh',
    args: [
      ...['-c', FILL, 'sh', folder, SQL, findBinary(mysql) ?? mysql.native.command, '--initialize-insecure'],
      ...[`--datadir=${folder}/data`, `--tmpdir=${folder}`, '--secure-file-priv=NULL', ...asCurrentUser()],
    ],
  }),
  ...asked,
};

export const mysqlLayouts: Readonly<Partial<Record<Topology, Layout>>> = { single: single(mysql) };
