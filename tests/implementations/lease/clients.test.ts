/** A client of another library, or of another kind, is refused when the lock is made, with the name of the right one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPool } from 'mysql2';
import { Client, Pool } from 'pg';
import { ConsulLock } from '../../../implementations/consul/index.ts';
import { EtcdLock } from '../../../implementations/etcd/index.ts';
import {
  RedisFairLock,
  RedisLock,
  RedisReadWriteLock,
  RedisReentrantLock,
  Redlock,
} from '../../../implementations/redis/index.ts';
import { MariadbRowLock, MariadbTableLock } from '../../../implementations/sql/mariadb/index.ts';
import { PostgresAdvisoryLock, PostgresTableLock } from '../../../implementations/sql/postgres/index.ts';
import { SqliteTableLock } from '../../../implementations/sql/sqlite/index.ts';
import { ZookeeperLock } from '../../../implementations/zookeeper/index.ts';

const done = async (): Promise<void> => undefined;
const [client, pgClient, callbacks] = [
  // As node-redis names them.
  { eval: done, evalSha: done, get: done, pTTL: done, on: done, subscribe: done, isOpen: true },
  new Client(),
  createPool({}),
];
const ioredis = { eval: done, evalsha: done, pipeline: done, pttl: done, on: done, subscribe: done, unsubscribe: done };
const betterSqlite = { exec: done, prepare: done, inTransaction: false };
const etcd3 = { get: done, put: done, lease: done };

const WRONG: readonly (readonly [string, new (options: never) => unknown, object, RegExp])[] = [
  ['node-redis', RedisLock, { client }, /ioredis.*node-redis/],
  ['node-redis', RedisReentrantLock, { client }, /ioredis/],
  ['node-redis', RedisFairLock, { client }, /ioredis/],
  ['node-redis', RedisReadWriteLock, { client }, /ioredis/],
  ['node-redis', Redlock, { clients: [client] }, /ioredis/],
  ['one client as both', RedisLock, { client: ioredis, subscriber: ioredis }, /client\.duplicate\(\)/],
  ['one client as both', RedisFairLock, { client: ioredis, subscriber: ioredis }, /client\.duplicate\(\)/],
  ['one client as both', RedisReadWriteLock, { client: ioredis, subscriber: ioredis }, /client\.duplicate\(\)/],
  ['one client as both', Redlock, { clients: [ioredis], subscribers: [ioredis] }, /client\.duplicate\(\)/],
  ['nothing', RedisLock, {}, /ioredis/],
  ['a Client of pg', PostgresTableLock, { pool: pgClient }, /a Pool of pg.*single connection/],
  ['a Client of pg to listen', PostgresTableLock, { pool: new Pool(), listener: pgClient }, /a Pool of pg/],
  ['a Client of pg', PostgresAdvisoryLock, { pool: pgClient }, /a Pool of pg/],
  ['nothing', PostgresAdvisoryLock, {}, /a Pool of pg/],
  ['the callbacks of mysql2', MariadbTableLock, { pool: callbacks }, /mysql2\/promise.*pool\.promise\(\)/],
  ['the callbacks of mysql2', MariadbRowLock, { pool: callbacks }, /mysql2\/promise/],
  ['better-sqlite3', SqliteTableLock, { database: betterSqlite }, /node:sqlite/],
  ['etcd3', EtcdLock, { client: etcd3 }, /EtcdClient/],
  ['one client, not a list', ConsulLock, { client: {} }, /clients: \[new Consul/],
  ['a client of something else', ConsulLock, { clients: [{}] }, /npm consul/],
  ['a client, not what makes one', ZookeeperLock, { createClient: {} }, /node-zookeeper-client/],
];

for (const [what, Lock, options, wanted] of WRONG) {
  void it(`${Lock.name} refuses ${what}`, () => {
    assert.throws(() => new Lock(options as never), { name: 'TypeError', message: wanted });
  });
}

void it('RedisLock takes the client of a cluster as both: it subscribes on a connection of its own', () => {
  const cluster = { ...ioredis, isCluster: true };
  assert.doesNotThrow(() => new RedisLock({ client: cluster, subscriber: cluster } as never));
});
