/** How a PostgreSQL server begins: its data folder, its arguments, and both in a container. */
import { dirname } from 'node:path';
import { findCommand } from '../binaries.ts';
import type { Command, NodeContext } from './server.ts';

export const USER = 'postgres';

/**
 * Fills the data folder $1: a copy of whichever of the other servers ($3…) is a primary; else, if it is the first ($2), a
 * new database. The others wait for a primary.
 */
const FILL = `
data=$1; index=$2; shift 2
chmod 700 "$data"
export PGCONNECT_TIMEOUT=2
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for peer in "$@"; do
    on="-h \${peer%:*} -p \${peer##*:} -U ${USER}"
    if [ "$(psql $on -d postgres -Atqc 'SELECT pg_is_in_recovery()')" = f ]; then
      exec pg_basebackup $on -D "$data" -R -X stream -c fast --no-sync
    fi
  done
  if [ "$index" = 0 ]; then
    initdb -D "$data" -U ${USER} -A trust -E UTF8 --no-locale --no-sync || exit 1
    printf 'host all all all trust\nhost replication all all trust\n' >> "$data/pg_hba.conf"
    exit
  fi
  sleep 0.5
done
echo 'no primary answered'
exit 1`;

/** Native: fills the data folder. */
export function initCommand(node: NodeContext): Command {
  const args = ['sh', '-c', FILL, 'sh', node.folder, String(node.index), ...peersOf(node)];
  return { command: 'env', args: [`PATH=${programs()}`, ...args] };
}

/** In a container, which begins as root: the same, then the server. $1 folder, $2 `FILL`, its other arguments, `--`, the server's. */
const CONTAINER = `
folder=$1; fill=$2; shift 2
as="setpriv --reuid=${USER} --regid=${USER} --clear-groups --"
if [ ! -e "$folder/PG_VERSION" ]; then
  chown ${USER} "$folder"
  peers=
  while [ "$1" != -- ]; do peers="$peers $1"; shift; done
  $as sh -c "$fill" sh "$folder" $peers || exit 1
fi
while [ "$1" != -- ]; do shift; done
shift
exec $as postgres "$@"`;

export function containerArgs(node: NodeContext, args: readonly string[]): string[] {
  return ['-c', CONTAINER, 'sh', node.folder, FILL, String(node.index), ...peersOf(node), '--', ...args];
}

export function serverArgs({ host, port, folder }: NodeContext): string[] {
  const settings = {
    listen_addresses: host,
    unix_socket_directories: '',
    shared_buffers: '16MB',
    max_connections: '150',
    fsync: 'off',
    // Enough for a replica to find what it has missed while it was being made.
    wal_keep_size: '64MB',
    log_min_messages: 'error',
  };
  return [
    '-D',
    folder,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** The other servers of the deployment. */
function peersOf({ index, nodes }: NodeContext): string[] {
  return nodes.filter((peer) => peer.index !== index).map(({ host, port }) => `${host}:${port}`);
}

/** Its own programs first, which Debian keeps out of a user's PATH. */
function programs(): string {
  const initdb = findCommand('initdb');
  return `${initdb === undefined ? '' : `${dirname(initdb)}:`}${process.env['PATH'] ?? ''}`;
}
