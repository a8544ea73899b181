/** Every lock by name, and where its module lies, for workers load it by its address. */
import { lock as local } from './baseline/local.ts';
import { lock as none } from './baseline/none.ts';
import { lock as consulNoSessionCheck } from './broken/consul-no-session-check.ts';
import { lock as etcdComparesWrongKey } from './broken/etcd-compares-wrong-key.ts';
import { lock as etcdKeepsLeaseOnError } from './broken/etcd-keeps-lease-on-error.ts';
import { lock as etcdNoRecheckAfterWait } from './broken/etcd-no-recheck-after-wait.ts';
import { lock as etcdWatchFromNow } from './broken/etcd-watch-from-now.ts';
import { lock as zookeeperIgnoresSessionLoss } from './broken/zookeeper-ignores-session-loss.ts';
import { lock as zookeeperNoRecheck } from './broken/zookeeper-no-recheck.ts';
import { lock as zookeeperOrphanNode } from './broken/zookeeper-orphan-node.ts';
import { lock as zookeeperPrefixAlias } from './broken/zookeeper-prefix-alias.ts';
import { lock as fenceOutsideGrant } from './broken/fence-outside-grant.ts';
import { lock as getThenDelete } from './broken/get-then-delete.ts';
import { lock as noExpiry } from './broken/no-expiry.ts';
import { lock as noOwnerDelete } from './broken/no-owner-delete.ts';
import { lock as redlockMinority } from './broken/redlock-minority.ts';
import { lock as redlockNoValidityCheck } from './broken/redlock-no-validity-check.ts';
import { lock as redlockUnconditionalCleanup } from './broken/redlock-unconditional-cleanup.ts';
import { lock as renewRecreatesKey } from './broken/renew-recreates-key.ts';
import { lock as renewalWithoutDeadline } from './broken/renewal-without-deadline.ts';
import { lock as setnxThenExpire } from './broken/setnx-then-expire.ts';
import { lock as consul } from './consul/module.ts';
import { lock as etcd } from './etcd/module.ts';
import { lock as abandonedAcquire } from './broken/abandoned-acquire.ts';
import { lock as breakerCountsBusy } from './broken/breaker-counts-busy.ts';
import { lock as fairClientClock } from './broken/fair-client-clock.ts';
import { lock as fairQueueDeadHead } from './broken/fair-queue-dead-head.ts';
import { lock as fallbackToLocal } from './broken/fallback-to-local.ts';
import { lock as ownerIsAName } from './broken/owner-is-a-name.ts';
import { lock as redlockValidityHidden } from './broken/redlock-validity-hidden.ts';
import { lock as reentrantLocalCount } from './broken/reentrant-local-count.ts';
import { lock as reentrantOverwrite } from './broken/reentrant-overwrite.ts';
import { lock as releaseNeverMatches } from './broken/release-never-matches.ts';
import { lock as renewalEndsAtFirstError } from './broken/renewal-ends-at-first-error.ts';
import { lock as renewalIgnoresLost } from './broken/renewal-ignores-lost.ts';
import { lock as renewalNeverStops } from './broken/renewal-never-stops.ts';
import { lock as renewalOncePerObject } from './broken/renewal-once-per-object.ts';
import { lock as rwOneTtl } from './broken/rw-one-ttl.ts';
import { lock as rwWriterIgnoresReaders } from './broken/rw-writer-ignores-readers.ts';
import { lock as secondsTruncation } from './broken/seconds-truncation.ts';
import { lock as tokenPerObject } from './broken/token-per-object.ts';
import { lock as clientClockExpiry } from './broken/client-clock-expiry.ts';
import { lock as rowLockReplace } from './broken/row-lock-replace.ts';
import { lock as sweepCheckThenDelete } from './broken/sweep-check-then-delete.ts';
import { lock as takeoverByKey } from './broken/takeover-by-key.ts';
import { lock as takeoverKeepsOldExpiry } from './broken/takeover-keeps-old-expiry.ts';
import { lock as waiterKeepsTransaction } from './broken/waiter-keeps-transaction.ts';
import type { LockModule } from './lock.ts';
import { lock as redisBasic } from './redis/basic.ts';
import { lock as redisCluster } from './redis/cluster.ts';
import { lock as redisFair } from './redis/fair.ts';
import { lock as multiLock } from './redis/multi-lock.ts';
import { lock as redisReadWrite } from './redis/read-write.ts';
import { lock as redisReentrant } from './redis/reentrant.ts';
import { lock as redlock } from './redis/redlock.ts';
import { lock as sqlAdvisoryMariadb } from './sql/mariadb/advisory.ts';
import { lock as sqlHeartbeatMariadb } from './sql/mariadb/heartbeat.ts';
import { lock as sqlRowMariadb } from './sql/mariadb/row.ts';
import { lock as sqlTableMariadb } from './sql/mariadb/table.ts';
import { lock as sqlAdvisoryPostgres } from './sql/postgres/advisory.ts';
import { lock as redisSentinel } from './redis/sentinel.ts';
import { lock as sqlHeartbeatPostgres } from './sql/postgres/heartbeat.ts';
import { lock as sqlRowPostgres } from './sql/postgres/row.ts';
import { lock as sqlTablePostgresSync } from './sql/postgres/table-sync.ts';
import { lock as sqlTablePostgres } from './sql/postgres/table.ts';
import { lock as sqlHeartbeatSqlite } from './sql/sqlite/heartbeat.ts';
import { lock as sqlTableSqlite } from './sql/sqlite/table.ts';
import { lock as zookeeper } from './zookeeper/module.ts';

export interface CatalogueEntry {
  readonly module: LockModule;
  /** To be imported by a worker; exports `lock`. */
  readonly url: string;
}

/** In the order in which they are listed: reference locks, baselines, specimens. */
export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(
  [
    entry(redisBasic, 'redis/basic'),
    entry(redisReentrant, 'redis/reentrant'),
    entry(redisFair, 'redis/fair'),
    entry(redisReadWrite, 'redis/read-write'),
    entry(redlock, 'redis/redlock'),
    entry(redisSentinel, 'redis/sentinel'),
    entry(redisCluster, 'redis/cluster'),
    entry(multiLock, 'redis/multi-lock'),
    entry(sqlTablePostgres, 'sql/postgres/table'),
    entry(sqlTablePostgresSync, 'sql/postgres/table-sync'),
    entry(sqlHeartbeatPostgres, 'sql/postgres/heartbeat'),
    entry(sqlRowPostgres, 'sql/postgres/row'),
    entry(sqlAdvisoryPostgres, 'sql/postgres/advisory'),
    entry(sqlTableMariadb, 'sql/mariadb/table'),
    entry(sqlHeartbeatMariadb, 'sql/mariadb/heartbeat'),
    entry(sqlRowMariadb, 'sql/mariadb/row'),
    entry(sqlAdvisoryMariadb, 'sql/mariadb/advisory'),
    entry(sqlTableSqlite, 'sql/sqlite/table'),
    entry(sqlHeartbeatSqlite, 'sql/sqlite/heartbeat'),
    entry(zookeeper, 'zookeeper/module'),
    entry(etcd, 'etcd/module'),
    entry(consul, 'consul/module'),
    entry(none, 'baseline/none'),
    entry(local, 'baseline/local'),
    specimen(setnxThenExpire),
    specimen(noExpiry),
    specimen(noOwnerDelete),
    specimen(getThenDelete),
    specimen(redlockUnconditionalCleanup),
    specimen(redlockNoValidityCheck),
    specimen(redlockMinority),
    specimen(renewalWithoutDeadline),
    specimen(renewRecreatesKey),
    specimen(fenceOutsideGrant),
    specimen(tokenPerObject),
    specimen(ownerIsAName),
    specimen(secondsTruncation),
    specimen(reentrantOverwrite),
    specimen(reentrantLocalCount),
    specimen(rwOneTtl),
    specimen(rwWriterIgnoresReaders),
    specimen(fairQueueDeadHead),
    specimen(fairClientClock),
    specimen(renewalOncePerObject),
    specimen(renewalEndsAtFirstError),
    specimen(renewalIgnoresLost),
    specimen(renewalNeverStops),
    specimen(abandonedAcquire),
    specimen(releaseNeverMatches),
    specimen(breakerCountsBusy),
    specimen(fallbackToLocal),
    specimen(redlockValidityHidden),
    specimen(zookeeperOrphanNode),
    specimen(zookeeperIgnoresSessionLoss),
    specimen(zookeeperPrefixAlias),
    specimen(zookeeperNoRecheck),
    specimen(etcdComparesWrongKey),
    specimen(etcdKeepsLeaseOnError),
    specimen(etcdWatchFromNow),
    specimen(etcdNoRecheckAfterWait),
    specimen(consulNoSessionCheck),
    specimen(clientClockExpiry),
    specimen(rowLockReplace),
    specimen(sweepCheckThenDelete),
    specimen(takeoverByKey),
    specimen(takeoverKeepsOldExpiry),
    specimen(waiterKeepsTransaction),
  ].map((listed) => [listed.module.name, listed]),
);

/**
 * Published locks behind the contract, by the names that they are tested by, and where their modules lie. They are loaded
 * only when asked for: the libraries are no dependencies of this one.
 */
export const ADAPTERS: ReadonlyMap<string, string> = new Map(
  ['redlock', 'redis-semaphore', 'redlock-universal'].map((name) => [`npm:${name}`, urlOf(`adapters/${name}`)]),
);

/** What stands for the lock of that kind on PostgreSQL. */
const ALIASES: Readonly<Record<string, string>> = {
  'sql-table': 'sql-table-postgres',
  'sql-heartbeat': 'sql-heartbeat-postgres',
  'sql-row': 'sql-row-postgres',
  'sql-advisory': 'sql-advisory-postgres',
};

export function findLock(name: string): CatalogueEntry | undefined {
  return catalogue.get(ALIASES[name] ?? name);
}

/** The modules lie beside this one, as sources or compiled, with its own extension. */
function entry(module: LockModule, path: string): CatalogueEntry {
  return { module, url: urlOf(path) };
}

function urlOf(path: string): string {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`./${path}${extension}`, import.meta.url).href;
}

/** A specimen's file bears its name. */
function specimen(module: LockModule): CatalogueEntry {
  return entry(module, `broken/${module.name}`);
}
