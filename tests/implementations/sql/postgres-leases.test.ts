import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Pool } from 'pg';
import type { PoolConfig } from 'pg';
import { LockBackendError } from '../../../implementations/lock.ts';
import type { Lease } from '../../../implementations/lock.ts';
import { PostgresHeartbeatLock } from '../../../implementations/sql/postgres/heartbeat.ts';
import { PostgresLeaseBackend } from '../../../implementations/sql/postgres/lease-backend.ts';
import {
  expiryShape,
  heartbeatShape,
  leaseStatements,
} from '../../../implementations/sql/postgres/lease-statements.ts';
import { PostgresTableLock } from '../../../implementations/sql/postgres/table.ts';
import type { PostgresTableLockOptions } from '../../../implementations/sql/postgres/table.ts';
import { DatabaseServer, until } from './servers.ts';

let server: DatabaseServer;
let admin: Pool;
const open: { close(): Promise<void> }[] = [];

before(async () => {
  server = await DatabaseServer.start('postgres');
  admin = pool();
  await admin.query(leaseStatements('holdfast_lock', expiryShape).schema);
  await admin.query(leaseStatements('holdfast_heartbeat', heartbeatShape).schema);
});

after(async () => {
  for (const each of open.toReversed()) await each.close();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await admin.query('TRUNCATE holdfast_lock, holdfast_heartbeat');
});

function pool(config: PoolConfig = {}): Pool {
  const { host, port } = server.endpoint;
  const made = new Pool({ host, port, user: 'postgres', database: 'postgres', ...config });
  made.on('error', () => undefined);
  open.push({ close: () => made.end() });
  return made;
}

const SHAPES = { PostgresTableLock, PostgresHeartbeatLock };
type Make = (options?: Partial<PostgresTableLockOptions>) => PostgresTableLock | PostgresHeartbeatLock;

function request(token: string): Parameters<PostgresLeaseBackend['attempt']>[0] {
  return { key: 'orders', token, leaseMs: 2000, mode: 'exclusive', owner: undefined };
}

for (const [name, Lock] of Object.entries(SHAPES)) {
  const table = name === 'PostgresTableLock' ? 'holdfast_lock' : 'holdfast_heartbeat';
  const make: Make = (options) => {
    const lock = new Lock({ pool: pool(), listener: pool({ max: 1 }), leaseMs: 2000, ...options });
    open.push(lock);
    return lock;
  };

  describe(name, () => {
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

    it('wakes a waiter by a notification, far below the poll interval', async () => {
      const lease = await make().acquire('orders', { leaseMs: 60_000 });
      const retry = { delayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
      const next = make({ retry }).acquire('orders', { timeoutMs: 30_000 });
      await until(async () => {
        const { rows } = await admin.query("SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
        return rows.length > 0;
      });
      await lease.release();
      assert.equal(await (await next).release(), 'released');
    });

    it('goes on listening on another connection when the first is lost', async () => {
      const lease = await make().acquire('orders', { leaseMs: 60_000 });
      const retry = { delayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
      const next = make({ retry }).acquire('orders', { timeoutMs: 30_000 });
      const listening = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()";
      await until(async () => (await admin.query(`SELECT ${listening}`)).rows.length > 0);
      await admin.query(`SELECT pg_terminate_backend(pid) ${listening}`);
      // Released while nobody may be listening: the new connection's first hint stands in for what was missed.
      await lease.release();
      assert.equal(await (await next).release(), 'released');
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
  const statements = leaseStatements('holdfast_lock', expiryShape);

  it('gets the same grant while the first is in force', async () => {
    const backend = new PostgresLeaseBackend({ pool: admin }, statements);
    assert.deepEqual(await backend.attempt(request('a')), await backend.attempt(request('a')));
  });

  it('is another grant when the first has been lost: its release answers lost, and frees the row', async () => {
    const backend = new PostgresLeaseBackend({ pool: admin }, statements);
    const first = await backend.attempt(request('a'));
    assert.ok(first.kind === 'granted');
    await admin.query("UPDATE holdfast_lock SET expires_at = clock_timestamp() - interval '1 second'");
    const copy = await backend.attempt(request('a'));
    assert.ok(copy.kind === 'granted' && (copy.fencingToken ?? 0n) > (first.fencingToken ?? 0n));
    assert.equal(await backend.free({ ...request('a'), fencingToken: first.fencingToken }), 'lost');
    assert.equal((await backend.inspect('orders')).held, false);
  });

  it('is not sent at all for a caller who has gone before there was a connection', async () => {
    const narrow = pool({ max: 1 });
    const backend = new PostgresLeaseBackend({ pool: narrow }, statements);
    const only = await narrow.connect();
    const late = assert.rejects(backend.attempt(request('a')), { outcome: 'definite' });
    const undone = backend.undo(request('a'));
    only.release();
    await Promise.all([late, undone]);
    assert.equal((await backend.inspect('orders')).held, false);
  });
});

describe('trouble is an error that says what to do', () => {
  const tryOn = (config: PoolConfig, options: Partial<PostgresTableLockOptions> = {}): Promise<Lease | null> =>
    new PostgresTableLock({ pool: pool(config), ...options }).tryAcquire('orders');
  const saying = (text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof LockBackendError, String(error));
    assert.equal(error.outcome, 'definite');
    assert.match(error.message, text);
    return true;
  };

  it('a missing table, with the statement that creates it', async () => {
    await assert.rejects(tryOn({}, { table: 'nowhere' }), saying(/CREATE TABLE IF NOT EXISTS nowhere/));
  });

  it('which may also be created on demand', async () => {
    const lease = await tryOn({}, { table: 'made_on_demand', createMissing: true });
    assert.equal(await lease?.release(), 'released');
  });

  it('a user or a database that is refused', async () => {
    await assert.rejects(tryOn({ user: 'nobody' }), saying(/28000.*check user/s));
    await assert.rejects(tryOn({ database: 'nowhere' }), saying(/3D000.*create the database/s));
  });

  it('a user without rights on the table', async () => {
    await admin.query('DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN CONNECTION LIMIT 1');
    await assert.rejects(tryOn({ user: 'guest' }), saying(/42501.*grant/s));
  });

  it('a session limit', async () => {
    await admin.query('DROP ROLE IF EXISTS few; CREATE ROLE few LOGIN CONNECTION LIMIT 1');
    await using first = await new Pool({ ...server.endpoint, user: 'few', database: 'postgres' }).connect().then(ended);
    assert.ok(first);
    await assert.rejects(tryOn({ user: 'few' }), saying(/53300.*max_connections/s));
  });

  it('a server that takes no writes', async () => {
    await assert.rejects(tryOn({ options: '-c default_transaction_read_only=on' }), saying(/25006.*primary/s));
  });

  it('a pool without a free connection', async () => {
    const only = pool({ max: 1 });
    const busy = await only.connect();
    const lock = new PostgresTableLock({ pool: only });
    await assert.rejects(lock.acquire('orders', { timeoutMs: 200 }), saying(/^no free connection in the pool within/));
    busy.release();
    // Nothing is left of it that could take the lock now.
    assert.equal(await (await lock.tryAcquire('orders'))?.release(), 'released');
  });

  it('no server', async () => {
    await assert.rejects(tryOn({ port: 1 }), saying(/no connection to PostgreSQL/));
  });
});

function ended(client: { release(broken: boolean): void }): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      client.release(true);
    },
  };
}
