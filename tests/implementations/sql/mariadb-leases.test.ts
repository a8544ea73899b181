import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createPool } from 'mysql2/promise';
import type { Pool, PoolOptions } from 'mysql2/promise';
import { LockBackendError } from '../../../implementations/lock.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { MariadbHeartbeatLock } from '../../../implementations/sql/mariadb/heartbeat.ts';
import { MariadbLeaseBackend } from '../../../implementations/sql/mariadb/lease-backend.ts';
import { expiryShape, heartbeatShape, leaseStatements } from '../../../implementations/sql/mariadb/lease-statements.ts';
import { MariadbTableLock } from '../../../implementations/sql/mariadb/table.ts';
import type { MariadbTableLockOptions } from '../../../implementations/sql/mariadb/table.ts';
import { DatabaseServer } from './servers.ts';

let server: DatabaseServer;
let admin: Pool;
const open: { close(): Promise<void> }[] = [];

before(async () => {
  server = await DatabaseServer.start('mariadb');
  admin = pool();
  for (const sql of leaseStatements('holdfast_lock', expiryShape).schema) await admin.query(sql);
  for (const sql of leaseStatements('holdfast_heartbeat', heartbeatShape).schema) await admin.query(sql);
});

after(async () => {
  for (const each of open.toReversed()) await each.close();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await admin.query('DELETE FROM holdfast_lock');
  await admin.query('DELETE FROM holdfast_heartbeat');
});

function pool(config: PoolOptions = {}): Pool {
  const made = createPool({ ...server.endpoint, user: 'root', database: 'holdfast', ...config });
  open.push({ close: () => made.end() });
  return made;
}

for (const [Lock, table] of [
  [MariadbTableLock, 'holdfast_lock'],
  [MariadbHeartbeatLock, 'holdfast_heartbeat'],
] as const) {
  const make = (options: Partial<MariadbTableLockOptions> = {}): MariadbTableLock | MariadbHeartbeatLock => {
    const lock = new Lock({ pool: pool(), leaseMs: 2000, ...options });
    open.push(lock);
    return lock;
  };

  describe(Lock.name, () => {
    it('keeps keys apart that a collation would take for one', async () => {
      const lock = make();
      const leases = await Promise.all(['key', 'Key', 'key ', 'kéy', 'ke\u0301y'].map((key) => lock.acquire(key)));
      assert.equal(await make().tryAcquire('Key'), null);
      for (const lease of leases) assert.equal(await lease.release(), 'released');
    });

    it('issues fences that rise over release, expiry and the loss of the row', async () => {
      const lock = make();
      const fences: bigint[] = [];
      const take = async (leaseMs: number): Promise<Lease> => {
        const lease = await lock.acquire('orders', { leaseMs, renew: false });
        fences.push(lease.fencingToken ?? 0n);
        return lease;
      };
      await (await take(2000)).release();
      await take(20);
      await (await take(2000)).release();
      await admin.query(`DELETE FROM ${table}`);
      await (await take(2000)).release();
      assert.deepEqual(
        fences,
        [...new Set(fences)].toSorted((a, b) => (a < b ? -1 : 1)),
      );
      assert.equal(fences.length, 4);
    });

    it('counts the rows that it finds, also where the client asks for those that were changed', async () => {
      const lock = make({ pool: pool({ flags: ['-FOUND_ROWS'] }) });
      const lease = await lock.acquire('orders', { renew: false });
      await lease.renew();
      assert.equal(await lease.release(), 'released');
    });

    it('is lost when another session has taken the row, and its release leaves that one alone', async () => {
      const lock = make();
      const lease = await lock.acquire('orders', { leaseMs: 300 });
      const lost = new Promise<void>((resolve) => {
        lease.signal.addEventListener('abort', () => resolve());
      });
      await admin.query(`UPDATE ${table} SET token = 'another', fence = fence + 1`);
      await lost;
      assert.equal(await lease.release(), 'lost');
      assert.equal((await lock.inspect('orders')).token, 'another');
    });
  });
}

describe('a request that is sent twice', () => {
  const request = { key: 'orders', token: 'a', leaseMs: 2000, mode: 'exclusive', owner: undefined } as const;

  it('gets the same grant while the first is in force, and another when that was lost', async () => {
    const backend = new MariadbLeaseBackend({ pool: admin }, leaseStatements('holdfast_lock', expiryShape));
    const first = await backend.attempt(request);
    assert.ok(first.kind === 'granted');
    assert.deepEqual(await backend.attempt(request), first);
    await admin.query('UPDATE holdfast_lock SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND');
    const copy = await backend.attempt(request);
    assert.ok(copy.kind === 'granted' && (copy.fencingToken ?? 0n) > (first.fencingToken ?? 0n));
    assert.equal(await backend.free({ ...request, fencingToken: first.fencingToken }), 'lost');
    assert.equal((await backend.inspect('orders')).held, false);
  });
});

describe('trouble is an error that says what to do', () => {
  const tryOn = (config: PoolOptions, options: Partial<MariadbTableLockOptions> = {}): Promise<Lease | null> =>
    new MariadbTableLock({ pool: pool(config), ...options }).tryAcquire('orders');
  const saying = (text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LockBackendError, String(error));
    assert.equal(error.outcome, 'definite');
    assert.match(error.message, text);
    return true;
  };

  it('a missing table, with the statement that creates it', async () => {
    await assert.rejects(tryOn({}, { table: 'nowhere' }), saying(/CREATE TABLE IF NOT EXISTS nowhere/));
  });

  it('a user or a database that is refused', async () => {
    await assert.rejects(tryOn({ user: 'nobody' }), saying(/1045.*check user/s));
    await assert.rejects(tryOn({ database: 'nowhere' }), saying(/1049.*create the database/s));
  });

  it('a session limit', async () => {
    await admin.query("CREATE OR REPLACE USER few@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1");
    await admin.query("GRANT ALL ON holdfast.* TO few@'127.0.0.1'");
    const only = await pool({ user: 'few' }).getConnection();
    await assert.rejects(tryOn({ user: 'few' }), saying(/1226|1203/));
    only.release();
  });

  it('a user without rights on the table', async () => {
    await admin.query("CREATE OR REPLACE USER guest@'127.0.0.1'");
    await admin.query("GRANT SELECT ON holdfast.* TO guest@'127.0.0.1'");
    await assert.rejects(tryOn({ user: 'guest' }), saying(/1142.*grant/s));
  });

  it('a server that takes no writes', async () => {
    await admin.query("CREATE OR REPLACE USER writer@'127.0.0.1'");
    await admin.query("GRANT ALL ON holdfast.* TO writer@'127.0.0.1'");
    await admin.query('SET GLOBAL read_only = 1');
    try {
      await assert.rejects(tryOn({ user: 'writer' }), saying(/1290.*primary/s));
    } finally {
      await admin.query('SET GLOBAL read_only = 0');
    }
  });

  it('a pool without a free connection', async () => {
    const only = pool({ connectionLimit: 1 });
    const busy = await only.getConnection();
    const lock = new MariadbTableLock({ pool: only });
    await assert.rejects(lock.acquire('orders', { timeoutMs: 200 }), saying(/^no free connection in the pool within/));
    busy.release();
    // Nothing is left of it that could take the lock now.
    assert.equal(await (await lock.tryAcquire('orders'))?.release(), 'released');
  });

  it('no server', async () => {
    await assert.rejects(tryOn({ port: 1 }), saying(/no connection to MariaDB/));
  });
});
