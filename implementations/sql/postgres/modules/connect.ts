/** The pools that the lock modules make for the harness: a healed link is in use again within about 100 ms. */
import { Client, Pool } from 'pg';
import type { ClientConfig, PoolClient, PoolConfig } from 'pg';
import type { ConnectionLock, ConnectionLockOptions } from '../../../connection/connection-lock.ts';
import type { LeaseLock } from '../../../lease/lease-lock.ts';
import { parseOptions } from '../../../lease/module-options.ts';
import type { LeaseLockOptions } from '../../../lease/options.ts';
import type { ConnectContext, ConnectedLock, Endpoint, LockModule } from '../../../lock.ts';
import { causeOf } from '../../cause.ts';
import { connected } from '../../modules/connected.ts';
import { sqlConnectionOptions, sqlLeaseOptions } from '../../modules/options.ts';
import type { DatabaseModuleOptions } from '../../modules/options.ts';
import type { PostgresPool } from '../client.ts';
import type { DatabaseOptions } from '../database.ts';
import type { PostgresLeaseOptions } from '../lease-backend.ts';

/** What the modules have in common. */
export const onPostgres = {
  backend: 'postgres',
  topologies: ['single', 'primary and replica'],
  recoverMs: 2500,
  roundTrips: 2,
} as const satisfies Partial<LockModule>;

const CONNECT_TIMEOUT_MS = 1000;
/** A backend that waits for a lock looks so often whether its client is still there (PostgreSQL 14 and newer). */
const CLIENT_CHECK_MS = 200;

function configFor(endpoint: Endpoint, options: DatabaseModuleOptions): PoolConfig {
  const { host, port, username, password, tls } = endpoint;
  return {
    host,
    port,
    user: username ?? options.user ?? 'postgres',
    database: options.database ?? 'postgres',
    password,
    ...(tls === true ? { ssl: true } : {}),
    max: options.connections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    allowExitOnIdle: true,
    application_name: 'holdfast',
    options: `-c client_connection_check_interval=${CLIENT_CHECK_MS}`,
  };
}

/**
 * Somebody listens to its errors from the first: between its connecting and the pool's own listening, pg 8.23 would let the
 * last words of a dying server end the process.
 */
class QuietClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', ignore);
  }
}

/** One pool per server, and always the primary's, whichever that is. */
class PostgresServers implements PostgresPool {
  readonly #pools: readonly Pool[];
  /** Connections that were made to a primary; what it is no more, its statements refuse. */
  readonly #toPrimary = new WeakSet<PoolClient>();
  #primary = 0;

  constructor(endpoints: readonly Endpoint[], options: DatabaseModuleOptions) {
    if (endpoints.length === 0) throw new RangeError('a PostgreSQL lock needs at least one endpoint');
    this.#pools = endpoints.map((endpoint) => {
      const pool = new Pool({ ...configFor(endpoint, options), Client: QuietClient });
      // The statements that fail say so; a connection that is lost while idle is replaced.
      pool.on('error', ignore);
      return pool;
    });
  }

  /** Asks the server that was the primary last, then the others, each once. */
  async connect(): Promise<PoolClient> {
    const first = this.#primary;
    let trouble: unknown;
    for (let step = 0; step < this.#pools.length; step += 1) {
      const index = (first + step) % this.#pools.length;
      try {
        const client = await this.#connectTo(index);
        this.#primary = index;
        return client;
      } catch (error) {
        trouble ??= error;
      }
    }
    throw causeOf(trouble);
  }

  async #connectTo(index: number): Promise<PoolClient> {
    const pool = this.#pools[index];
    if (pool === undefined) throw new RangeError(`there is no server ${index}`);
    const client = await pool.connect();
    // One server is what it is, and says so; of several, only the primary will do.
    if (this.#pools.length === 1 || this.#toPrimary.has(client)) return client;
    client.on('error', ignore);
    const replica = await isReplica(client).catch(causeOf);
    client.off('error', ignore);
    if (replica === false) {
      this.#toPrimary.add(client);
      return client;
    }
    client.release(true);
    throw replica instanceof Error ? replica : new Error('this server is a read-only replica');
  }

  async end(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
  }
}

/** Always the primary's connections, whichever server that is. */
export function openPool(
  endpoints: readonly Endpoint[],
  options: DatabaseModuleOptions,
): PostgresPool & { end(): Promise<void> } {
  return new PostgresServers(endpoints, options);
}

/** For a lease lock: everything on the primary, which is also asked for wake-ups, on a connection of their own. */
export async function connectLease(
  context: ConnectContext,
  make: (options: LeaseLockOptions & PostgresLeaseOptions & { readonly table?: string }) => LeaseLock,
): Promise<ConnectedLock> {
  const { wakeUps, user, database, connections, ...options } = parseOptions(sqlLeaseOptions, context.options);
  const pool = new PostgresServers(context.endpoints, { user, database, connections });
  const listener = wakeUps ? new PostgresServers(context.endpoints, { user, database, connections: 1 }) : undefined;
  const lock = make({ ...options, pool, listener, prefix: context.prefix, createMissing: true });
  return connected(lock, listener === undefined ? [pool] : [pool, listener], context.signal);
}

/** For 20 leases at once and a few who wait; more need a larger `connections`. */
const HOLDERS = 25;

/** For a lock that is held by a connection: each waiter and holder has one for itself. */
export async function connectHolders(
  context: ConnectContext,
  make: (
    options: ConnectionLockOptions & DatabaseOptions & { readonly prefix: string; readonly table?: string },
  ) => ConnectionLock,
): Promise<ConnectedLock> {
  const { user, database, connections = HOLDERS, ...options } = parseOptions(sqlConnectionOptions, context.options);
  const pool = new PostgresServers(context.endpoints, { user, database, connections });
  const lock = make({ ...options, pool, prefix: context.prefix, createMissing: true });
  return connected(lock, [pool], context.signal);
}

async function isReplica(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
  return rows[0]?.replica !== false;
}

function ignore(): void {}
