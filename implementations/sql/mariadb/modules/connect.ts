/** The pools that the lock modules make for the harness: a healed link is in use again within about 100 ms. */
import { createPool } from 'mysql2/promise';
import type { Pool } from 'mysql2/promise';
import type { ConnectionLock, ConnectionLockOptions } from '../../../connection/connection-lock.ts';
import type { LeaseLock } from '../../../lease/lease-lock.ts';
import { parseOptions } from '../../../lease/module-options.ts';
import type { LeaseLockOptions } from '../../../lease/options.ts';
import type { ConnectContext, ConnectedLock, LockModule } from '../../../lock.ts';
import { connected } from '../../modules/connected.ts';
import { sqlConnectionOptions, sqlLeaseOptions } from '../../modules/options.ts';
import type { DatabaseModuleOptions } from '../../modules/options.ts';
import type { DatabaseOptions } from '../database.ts';

/** What the modules have in common. */
export const onMariadb = {
  backend: 'mariadb',
  topologies: ['single'],
  recoverMs: 2500,
  roundTrips: 2,
} as const satisfies Partial<LockModule>;

/** The same locks on MySQL; what they cost is not the same where a connection holds them. */
export const onMysql = { ...onMariadb, backend: 'mysql' } as const satisfies Partial<LockModule>;

const CONNECT_TIMEOUT_MS = 1000;
const LEASE_CONNECTIONS = 10;
/** For 20 leases at once and a few who wait; more need a larger `connections`. */
const HOLDERS = 25;

/** On the first endpoint, in the database `holdfast` unless the options name another. */
export function openPool(
  { endpoints }: ConnectContext,
  options: DatabaseModuleOptions & { connections: number },
): Pool {
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new RangeError('a MariaDB lock needs an endpoint');
  const { host, port, username, password, tls } = endpoint;
  return createPool({
    host,
    port,
    user: username ?? options.user ?? 'root',
    database: options.database ?? 'holdfast',
    password,
    ...(tls === true ? { ssl: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionLimit: options.connections,
    enableKeepAlive: true,
    // The locks leave nothing on a connection that they give back.
    resetOnRelease: false,
  });
}

export function connectLease(
  context: ConnectContext,
  make: (
    options: LeaseLockOptions & DatabaseOptions & { readonly prefix: string; readonly table?: string },
  ) => LeaseLock,
): Promise<ConnectedLock> {
  // There is nothing in MariaDB that could wake anybody.
  const { wakeUps: _, ...given } = parseOptions(sqlLeaseOptions, context.options);
  const { user, database, connections = LEASE_CONNECTIONS, ...options } = given;
  const pool = openPool(context, { user, database, connections });
  return connected(make({ ...options, pool, prefix: context.prefix, createMissing: true }), [pool], context.signal);
}

/** For a lock that is held by a connection: each waiter and holder has one for itself. */
export function connectHolders(
  context: ConnectContext,
  make: (
    options: ConnectionLockOptions & DatabaseOptions & { readonly prefix: string; readonly table?: string },
  ) => ConnectionLock,
): Promise<ConnectedLock> {
  const { user, database, connections = HOLDERS, ...options } = parseOptions(sqlConnectionOptions, context.options);
  const pool = openPool(context, { user, database, connections });
  return connected(make({ ...options, pool, prefix: context.prefix, createMissing: true }), [pool], context.signal);
}
