import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, beforeEach, describe, it } from 'node:test';
import { LockBackendError } from '../../../implementations/lock.ts';
import { SqliteHeartbeatLock } from '../../../implementations/sql/sqlite/heartbeat.ts';
import { SqliteTableLock } from '../../../implementations/sql/sqlite/table.ts';
import type { SqliteTableLockOptions } from '../../../implementations/sql/sqlite/table.ts';

let folder: string;
const folders: string[] = [];
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sqlite-'));
  folders.push(folder);
});

after(async () => {
  for (const each of open.toReversed()) await each.close();
  await Promise.all(folders.map((one) => rm(one, { recursive: true })));
});

function file(name = 'locks.sqlite'): DatabaseSync {
  const database = new DatabaseSync(join(folder, name), { timeout: 0 });
  database.exec('PRAGMA journal_mode = WAL');
  open.push(database);
  return database;
}

/** A machine whose time and life a test decides. */
class Machine {
  boot = 'first';
  us = 1_000_000;
  now = (): number => this.us;
}

for (const Lock of [SqliteTableLock, SqliteHeartbeatLock]) {
  const make = (options: Partial<SqliteTableLockOptions> = {}): SqliteTableLock | SqliteHeartbeatLock => {
    const lock = new Lock({ database: file(), createMissing: true, leaseMs: 1000, ...options });
    open.push(lock);
    return lock;
  };

  describe(Lock.name, () => {
    it('excludes other connections to the file until its release', async () => {
      const lease = await make().acquire('orders');
      assert.equal(await make().tryAcquire('orders'), null);
      assert.equal(await lease.release(), 'released');
      assert.equal(await (await make().tryAcquire('orders'))?.release(), 'released');
    });

    it('judges by the clock of the machine, and not by the wall clock of anybody', async () => {
      const machine = new Machine();
      await make({ machine }).acquire('orders', { renew: false });
      machine.us += 999_999;
      assert.equal(await make({ machine }).tryAcquire('orders'), null);
      machine.us += 1;
      assert.notEqual(await make({ machine }).tryAcquire('orders'), null);
    });

    it('ends every lease when the machine is started anew, and goes on with higher fences', async () => {
      const machine = new Machine();
      const before = await make({ machine }).acquire('orders', { renew: false });
      machine.boot = 'second';
      machine.us = 5;
      const lease = await make({ machine }).tryAcquire('orders');
      assert.ok((lease?.fencingToken ?? 0n) > (before.fencingToken ?? 0n));
      assert.equal(await before.release(), 'lost');
      assert.equal(await lease?.release(), 'released');
    });

    it('waits for another writer without standing still', async () => {
      const writer = file();
      const lock = make();
      await (await lock.acquire('orders')).release();
      writer.exec('BEGIN IMMEDIATE');
      let turns = 0;
      const turning = setInterval(() => (turns += 1), 1);
      setTimeout(() => writer.exec('COMMIT'), 40);
      const lease = await lock.acquire('orders', { timeoutMs: 10_000 });
      clearInterval(turning);
      assert.ok(turns > 0);
      assert.equal(await lease.release(), 'released');
    });
  });
}

describe('trouble is an error that says what to do', () => {
  const saying = (text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LockBackendError, String(error));
    assert.equal(error.outcome, 'definite');
    assert.match(error.message, text);
    return true;
  };
  const tryOn = (database: DatabaseSync, createMissing = true): Promise<unknown> =>
    new SqliteTableLock({ database, createMissing, commandTimeoutMs: 5000 }).tryAcquire('orders');

  it('a missing table, with the statement that creates it', async () => {
    await assert.rejects(tryOn(file(), false), saying(/CREATE TABLE IF NOT EXISTS holdfast_lock/));
  });

  it('a connection on which somebody has a transaction open', async () => {
    const database = file();
    database.exec('BEGIN');
    await assert.rejects(tryOn(database), saying(/one for itself/));
  });

  it('a writer that does not end', async () => {
    file().exec('BEGIN IMMEDIATE');
    await assert.rejects(tryOn(file()), saying(/another process has been writing/));
  });

  it('a file that is read-only', async () => {
    file().exec('CREATE TABLE other (x)');
    await chmod(join(folder, 'locks.sqlite'), 0o400);
    const database = new DatabaseSync(join(folder, 'locks.sqlite'), { readOnly: true });
    open.push(database);
    await assert.rejects(tryOn(database), saying(/read-only/));
  });

  it('a file that is full', async () => {
    const database = file();
    await (await new SqliteTableLock({ database, createMissing: true }).acquire('orders')).release();
    database.exec('PRAGMA max_page_count = 1');
    const lock = new SqliteTableLock({ database });
    const fill = async (): Promise<void> => {
      for (let key = 0; key < 10_000; key += 1) await lock.acquire(`key ${key}`, { timeoutMs: 0, renew: false });
    };
    await assert.rejects(fill(), saying(/make room/));
    await lock.close();
  });
});
