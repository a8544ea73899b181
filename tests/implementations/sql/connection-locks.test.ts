/** Row and advisory locks on their real servers: what is particular to a lock that a connection holds. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { findBinary } from '../../../harness/backends/binaries.ts';
import { mysql } from '../../../harness/backends/servers/mysql.ts';
import type { ConnectionLock } from '../../../implementations/connection/connection-lock.ts';
import { LockBackendError } from '../../../implementations/lock.ts';
import { MariadbAdvisoryLock } from '../../../implementations/sql/mariadb/advisory.ts';
import { MariadbRowLock } from '../../../implementations/sql/mariadb/row.ts';
import { PostgresAdvisoryLock } from '../../../implementations/sql/postgres/advisory.ts';
import { PostgresRowLock } from '../../../implementations/sql/postgres/row.ts';
import { DatabaseServer, until } from './servers.ts';

interface Kind {
  make(createMissing?: boolean, connections?: number): ConnectionLock;
  /** Ends every session but the asking one, at the server. */
  endSessions(): Promise<void>;
  /** Sessions in which somebody waits for a lock. */
  waiters(): Promise<number>;
  /** The processes of those sessions, where each has one. */
  readonly waitingProcesses?: () => Promise<readonly number[]>;
  close(): Promise<void>;
}

const servers: DatabaseServer[] = [];
const kinds: Kind[] = [];
after(async () => {
  for (const kind of kinds) await kind.close();
  for (const server of servers) await server[Symbol.asyncDispose]();
});

async function postgres(Lock: typeof PostgresAdvisoryLock | typeof PostgresRowLock): Promise<Kind> {
  const server = await DatabaseServer.start('postgres');
  servers.push(server);
  const pools: Pool[] = [];
  const open = (max = 10): Pool => {
    const pool = new Pool({ ...server.endpoint, user: 'postgres', database: 'postgres', max });
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  };
  const admin = open(1);
  return {
    make: (createMissing = true, connections) => new Lock({ pool: open(connections), createMissing, leaseMs: 600 }),
    endSessions: async () => {
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
    },
    waiters: async () => {
      const { rows } = await admin.query<{ n: number }>('SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted');
      return rows[0]?.n ?? 0;
    },
    waitingProcesses: async () => {
      const { rows } = await admin.query<{ pid: number }>('SELECT pid FROM pg_locks WHERE NOT granted');
      return rows.map(({ pid }) => pid);
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

async function mariadb(
  Lock: typeof MariadbAdvisoryLock | typeof MariadbRowLock,
  backend: 'mariadb' | 'mysql' = 'mariadb',
): Promise<Kind> {
  const server = await DatabaseServer.start(backend);
  servers.push(server);
  const pools: { end(): Promise<void> }[] = [];
  const open = (connectionLimit = 10): ReturnType<typeof createPool> => {
    const pool = createPool({ ...server.endpoint, user: 'root', database: 'holdfast', connectionLimit });
    pools.push(pool);
    return pool;
  };
  const admin = open(1);
  const others = async (more = ''): Promise<number[]> => {
    const [rows] = await admin.query(
      `SELECT id FROM information_schema.processlist WHERE user = 'root' AND id <> CONNECTION_ID() ${more}`,
    );
    return (rows as { id: number }[]).map(({ id }) => id);
  };
  return {
    make: (createMissing = true, connections) => new Lock({ pool: open(connections), createMissing, leaseMs: 600 }),
    endSessions: async () => {
      for (const id of await others()) await admin.query('KILL CONNECTION ?', [id]);
    },
    waiters: async () => (await others("AND command = 'Query'")).length,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

/** Not to be had everywhere: see `setup --backends`. */
const WITHOUT_MYSQL = findBinary(mysql) === undefined && 'needs MySQL: npm run setup -- --backends mysql';

const KINDS: readonly (readonly [string, () => Promise<Kind>, skip?: string | false])[] = [
  ['PostgresAdvisoryLock', () => postgres(PostgresAdvisoryLock)],
  ['PostgresRowLock', () => postgres(PostgresRowLock)],
  ['MariadbAdvisoryLock', () => mariadb(MariadbAdvisoryLock)],
  ['MariadbRowLock', () => mariadb(MariadbRowLock)],
  ['MariadbAdvisoryLock on MySQL', () => mariadb(MariadbAdvisoryLock, 'mysql'), WITHOUT_MYSQL],
  ['MariadbRowLock on MySQL', () => mariadb(MariadbRowLock, 'mysql'), WITHOUT_MYSQL],
];

for (const [name, start, skip = false] of KINDS) {
  describe(name, { skip }, async () => {
    if (skip !== false) return;
    const kind = await start();
    kinds.push(kind);

    it('says how to create what it needs', async () => {
      await assert.rejects(kind.make(false).tryAcquire('orders'), (error) => {
        assert.ok(error instanceof LockBackendError, String(error));
        assert.equal(error.outcome, 'definite');
        assert.match(error.message, /holdfast_fence/);
        return true;
      });
    });

    it('says that the pool has no free connection, and has taken nothing', async () => {
      const lock = kind.make(true, 1);
      const lease = await lock.acquire('one key');
      await assert.rejects(lock.acquire('another', { timeoutMs: 200 }), {
        ...{ code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'definite' },
        message: /^no free connection in the pool within \d+ ms/,
      });
      assert.equal(await lease.release(), 'released');
      assert.equal(await (await lock.tryAcquire('another'))?.release(), 'released');
    });

    const { waitingProcesses } = kind;
    // Elsewhere sessions are threads of one process.
    if (waitingProcesses !== undefined)
      it('lets nobody give up before the server has let go of it', async () => {
        const lease = await kind.make().acquire('left');
        const giveUp = new AbortController();
        const waiting = kind.make().acquire('left', { leaseMs: 60_000, timeoutMs: 60_000, signal: giveUp.signal });
        await until(async () => (await kind.waiters()) === 1);
        const [pid] = await waitingProcesses();
        assert.ok(pid !== undefined);
        process.kill(pid, 'SIGSTOP');
        setTimeout(() => process.kill(pid, 'SIGCONT'), 200);
        giveUp.abort();
        await assert.rejects(waiting);
        assert.equal(await kind.waiters(), 0);
        await lease.release();
      });

    it('tells its holder when the server has ended the session, and grants the lock to the next', async () => {
      const lease = await kind.make().acquire('orders');
      const lost = new Promise<void>((resolve) => {
        lease.signal.addEventListener('abort', () => resolve());
      });
      await kind.endSessions();
      await lost;
      assert.equal(Reflect.get(Object(lease.signal.reason), 'reason'), 'connection');
      assert.equal(await lease.release(), 'lost');
      const next = await kind.make().acquire('orders');
      assert.ok((next.fencingToken ?? 0n) > (lease.fencingToken ?? 0n));
      assert.equal(await next.release(), 'released');
    });

    it('is held by one of many, one after the other, on connections that are used again', async () => {
      const locks = [kind.make(true, 2), kind.make(true, 2), kind.make(true, 2)];
      let inside = 0;
      const fences: bigint[] = [];
      await Promise.all(
        locks.map(async (lock) => {
          for (let cycle = 0; cycle < 20; cycle += 1) {
            await lock.using('orders', { timeoutMs: 60_000 }, async (lease) => {
              assert.equal(++inside, 1);
              fences.push(lease.fencingToken ?? 0n);
              await lock.inspect('orders').then(({ held }) => assert.equal(held, true));
              inside -= 1;
            });
          }
        }),
      );
      assert.equal(new Set(fences).size, 60);
      assert.deepEqual(
        fences,
        fences.toSorted((a, b) => (a < b ? -1 : 1)),
      );
    });

    it('leaves no session that waits when a caller gives up', async () => {
      const holder = await kind.make().acquire('orders', { leaseMs: 60_000 });
      const giveUp = new AbortController();
      const waiting = kind.make().acquire('orders', { timeoutMs: 60_000, signal: giveUp.signal });
      const rejected = assert.rejects(waiting, { code: 'LOCK_ABORTED' });
      await until(async () => (await kind.waiters()) > 0);
      giveUp.abort();
      await rejected;
      await until(async () => (await kind.waiters()) === 0);
      assert.equal(await holder.release(), 'released');
      assert.equal(await (await kind.make().tryAcquire('orders'))?.release(), 'released');
    });
  });
}
