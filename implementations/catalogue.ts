/** Every lock by name, and where its module lies, for workers load it by its address. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import { lock as local } from './baseline/local.ts';
import { lock as none } from './baseline/none.ts';
import { lock as consul } from './consul/module.ts';
import { lock as etcd } from './etcd/module.ts';
import type { LockModule } from './lock.ts';
import { lock as redisBasic } from './redis/modules/basic.ts';
import { lock as redisCluster } from './redis/modules/cluster.ts';
import { lock as redisFair } from './redis/modules/fair.ts';
import { lock as multiLock } from './redis/modules/multi-lock.ts';
import { lock as redisReadWrite } from './redis/modules/read-write.ts';
import { lock as redisReentrant } from './redis/modules/reentrant.ts';
import { lock as redlock } from './redis/modules/redlock.ts';
import { lock as sqlAdvisoryMariadb } from './sql/mariadb/modules/advisory.ts';
import { lock as sqlHeartbeatMariadb } from './sql/mariadb/modules/heartbeat.ts';
import { lock as sqlRowMariadb } from './sql/mariadb/modules/row.ts';
import { lock as sqlTableMariadb } from './sql/mariadb/modules/table.ts';
import { lock as sqlAdvisoryMysql } from './sql/mariadb/modules/mysql-advisory.ts';
import { lock as sqlHeartbeatMysql } from './sql/mariadb/modules/mysql-heartbeat.ts';
import { lock as sqlRowMysql } from './sql/mariadb/modules/mysql-row.ts';
import { lock as sqlTableMysql } from './sql/mariadb/modules/mysql-table.ts';
import { lock as sqlAdvisoryPostgres } from './sql/postgres/modules/advisory.ts';
import { lock as redisSentinel } from './redis/modules/sentinel.ts';
import { lock as sqlHeartbeatPostgres } from './sql/postgres/modules/heartbeat.ts';
import { lock as sqlRowPostgres } from './sql/postgres/modules/row.ts';
import { lock as sqlTablePostgresSync } from './sql/postgres/modules/table-sync.ts';
import { lock as sqlTablePostgres } from './sql/postgres/modules/table.ts';
import { lock as sqlHeartbeatSqlite } from './sql/sqlite/modules/heartbeat.ts';
import { lock as sqlTableSqlite } from './sql/sqlite/modules/table.ts';
import { lock as zookeeper } from './zookeeper/module.ts';

export interface CatalogueEntry {
  readonly module: LockModule;
  /** To be imported by a worker; exports `lock`. */
  readonly url: string;
}

/** As a source, or compiled. */
const EXTENSION = extname(import.meta.url);

/** In the order in which they are listed: reference locks, baselines, specimens. */
export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(
  [
    entry(redisBasic, 'redis/modules/basic'),
    entry(redisReentrant, 'redis/modules/reentrant'),
    entry(redisFair, 'redis/modules/fair'),
    entry(redisReadWrite, 'redis/modules/read-write'),
    entry(redlock, 'redis/modules/redlock'),
    entry(redisSentinel, 'redis/modules/sentinel'),
    entry(redisCluster, 'redis/modules/cluster'),
    entry(multiLock, 'redis/modules/multi-lock'),
    entry(sqlTablePostgres, 'sql/postgres/modules/table'),
    entry(sqlTablePostgresSync, 'sql/postgres/modules/table-sync'),
    entry(sqlHeartbeatPostgres, 'sql/postgres/modules/heartbeat'),
    entry(sqlRowPostgres, 'sql/postgres/modules/row'),
    entry(sqlAdvisoryPostgres, 'sql/postgres/modules/advisory'),
    entry(sqlTableMariadb, 'sql/mariadb/modules/table'),
    entry(sqlHeartbeatMariadb, 'sql/mariadb/modules/heartbeat'),
    entry(sqlRowMariadb, 'sql/mariadb/modules/row'),
    entry(sqlAdvisoryMariadb, 'sql/mariadb/modules/advisory'),
    entry(sqlTableSqlite, 'sql/sqlite/modules/table'),
    entry(sqlHeartbeatSqlite, 'sql/sqlite/modules/heartbeat'),
    entry(zookeeper, 'zookeeper/module'),
    entry(etcd, 'etcd/module'),
    entry(consul, 'consul/module'),
    entry(none, 'baseline/none'),
    entry(local, 'baseline/local'),
    ...specimens(),
  ].map((listed) => [listed.module.name, listed]),
);

/** Reference locks whose server is not to be had everywhere, so that they are tested only where somebody names them. */
export const onRequest: ReadonlyMap<string, CatalogueEntry> = new Map(
  [
    entry(sqlTableMysql, 'sql/mariadb/modules/mysql-table'),
    entry(sqlHeartbeatMysql, 'sql/mariadb/modules/mysql-heartbeat'),
    entry(sqlRowMysql, 'sql/mariadb/modules/mysql-row'),
    entry(sqlAdvisoryMysql, 'sql/mariadb/modules/mysql-advisory'),
  ].map((listed) => [listed.module.name, listed]),
);

/**
 * Published locks behind the contract, by the names that they are tested by, and where their modules lie. They are loaded
 * only when asked for: the libraries are no dependencies of this one.
 */
export const ADAPTERS: ReadonlyMap<string, string> = new Map(
  [
    ['redlock', 'redlock'],
    ['@sesamecare-oss/redlock', 'sesamecare-redlock'],
    ['redis-semaphore', 'redis-semaphore'],
    ['redlock-universal', 'redlock-universal'],
    ['simple-redis-mutex', 'simple-redis-mutex'],
    ['etcd3', 'etcd3'],
    ['advisory-lock', 'advisory-lock'],
    ['proper-lockfile', 'proper-lockfile'],
  ].map(([library = '', file = '']) => [`npm:${library}`, urlOf(`adapters/${file}`)]),
);

/** What stands for the lock of that kind on PostgreSQL. */
const ALIASES: Readonly<Record<string, string>> = {
  'sql-table': 'sql-table-postgres',
  'sql-heartbeat': 'sql-heartbeat-postgres',
  'sql-row': 'sql-row-postgres',
  'sql-advisory': 'sql-advisory-postgres',
};

export function findLock(name: string): CatalogueEntry | undefined {
  return catalogue.get(ALIASES[name] ?? name) ?? onRequest.get(name);
}

/** The modules lie beside this one, as sources or compiled, with its own extension. */
function entry(module: LockModule, path: string): CatalogueEntry {
  return { module, url: urlOf(path) };
}

function urlOf(path: string): string {
  return new URL(`./${path}${EXTENSION}`, import.meta.url).href;
}

/** Every file in `broken/` is a specimen and bears its name; what several of them share lies in a folder below. */
function specimens(): CatalogueEntry[] {
  const folder = new URL('./broken/', import.meta.url);
  const require = createRequire(folder);
  return readdirSync(folder)
    .filter((file) => file.endsWith(EXTENSION) && !file.endsWith('.d.ts'))
    .toSorted()
    .map((file) => {
      const { lock } = require(`./${file}`) as { readonly lock: LockModule };
      return entry(lock, `broken/${basename(file, EXTENSION)}`);
    });
}
