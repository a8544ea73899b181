/** A process that does nothing but wait for a lock, as a job started by cron: `argv` says for which, and how long. */
import { DatabaseSync } from 'node:sqlite';
import Consul from 'consul';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import zookeeper from 'node-zookeeper-client';
import { Pool } from 'pg';
import { ConsulLock } from '../../../implementations/consul/index.ts';
import { EtcdClient, EtcdLock } from '../../../implementations/etcd/index.ts';
import { isLockError } from '../../../implementations/lock.ts';
import type { Lock } from '../../../implementations/lock.ts';
import { RedisFairLock, RedisLock, Redlock } from '../../../implementations/redis/index.ts';
import { MariadbRowLock, MariadbTableLock } from '../../../implementations/sql/mariadb/index.ts';
import { PostgresAdvisoryLock, PostgresTableLock } from '../../../implementations/sql/postgres/index.ts';
import { SqliteTableLock } from '../../../implementations/sql/sqlite/index.ts';
import { ZookeeperLock } from '../../../implementations/zookeeper/index.ts';

const [, , name = '', timeoutMs = '', port = '0', file = ''] = process.argv;
const address = { host: '127.0.0.1', port: Number(port) };

/** A client that has given up: no timer of its own keeps the process alive. */
function noRedis(): Redis {
  const client = new Redis({ ...address, enableOfflineQueue: false, retryStrategy: () => null });
  client.on('error', () => undefined);
  return client;
}

const makers: Readonly<Record<string, () => Lock>> = {
  sqlite: () => new SqliteTableLock({ database: new DatabaseSync(file, { timeout: 0 }), createMissing: true }),
  'postgres-table': () => new PostgresTableLock({ pool: new Pool(address) }),
  'postgres-advisory': () => new PostgresAdvisoryLock({ pool: new Pool(address) }),
  'mariadb-table': () => new MariadbTableLock({ pool: mysql.createPool(address) }),
  'mariadb-row': () => new MariadbRowLock({ pool: mysql.createPool(address) }),
  redis: () => new RedisLock({ client: noRedis() }),
  'redis-fair': () => new RedisFairLock({ client: noRedis() }),
  redlock: () => new Redlock({ clients: [noRedis()] }),
  etcd: () => new EtcdLock({ client: new EtcdClient({ endpoints: [`http://127.0.0.1:${port}`] }) }),
  consul: () => new ConsulLock({ clients: [new Consul(address)] }),
  zookeeper: () => new ZookeeperLock({ createClient: () => zookeeper.createClient(`127.0.0.1:${port}`) }),
};

const lock = makers[name]?.();
if (lock === undefined) throw new Error(`no lock is called ${name}`);
const startedAt = performance.now();
try {
  // Who is granted it goes away with it: nobody awaits a lease.
  await lock.acquire('key', { timeoutMs: Number(timeoutMs), leaseMs: 60_000 });
  console.log('granted');
} catch (error) {
  console.log(`${isLockError(error) ? error.code : String(error)} after ${performance.now() - startedAt}`);
}
// Its client goes on looking for a server.
if (name === 'zookeeper') process.exit();
