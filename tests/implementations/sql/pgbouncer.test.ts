/** The locks on PostgreSQL behind PgBouncer in transaction mode: what depends on a session is refused, all else is safe. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Pool } from 'pg';
import type { PoolConfig } from 'pg';
import type { Lock } from '../../../implementations/lock.ts';
import { PostgresAdvisoryLock } from '../../../implementations/sql/postgres/advisory.ts';
import { PostgresHeartbeatLock } from '../../../implementations/sql/postgres/heartbeat.ts';
import { PostgresRowLock } from '../../../implementations/sql/postgres/row.ts';
import { PostgresTableLock } from '../../../implementations/sql/postgres/table.ts';
import { BY_SESSION, PgBouncer } from './pgbouncer.ts';
import { DatabaseServer } from './servers.ts';

/** Where tests must not be left out, it fails instead. */
const MISSING = PgBouncer.command === undefined && process.env['CI'] !== 'true';

const SAFE = {
  PostgresTableLock: (pool: Pool, listener: Pool) => new PostgresTableLock({ pool, listener, createMissing: true }),
  PostgresHeartbeatLock: (pool: Pool, listener: Pool) =>
    new PostgresHeartbeatLock({ pool, listener, createMissing: true }),
  PostgresRowLock: (pool: Pool) => new PostgresRowLock({ pool, createMissing: true }),
};

void describe('behind PgBouncer in transaction mode', { skip: MISSING && 'pgbouncer is not installed' }, () => {
  let server: DatabaseServer;
  let bouncer: PgBouncer;
  const pools: Pool[] = [];

  before(async () => {
    server = await DatabaseServer.start('postgres');
    bouncer = await PgBouncer.start(server.endpoint, 3);
  });
  after(async () => {
    await Promise.all(pools.map((each) => each.end()));
    await bouncer[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  function pool(config: PoolConfig = bouncer.endpoint): Pool {
    const made = new Pool({ user: 'postgres', database: 'postgres', max: 3, ...config });
    made.on('error', () => undefined);
    pools.push(made);
    return made;
  }

  for (const [name, make] of Object.entries(SAFE)) {
    void it(`${name} is held by one of many, one after the other, and each release counts`, async () => {
      const locks: Lock[] = [make(pool(), pool()), make(pool(), pool()), make(pool(), pool())];
      let inside = 0;
      await Promise.all(
        locks.map(async (lock) => {
          for (let cycle = 0; cycle < 10; cycle += 1) {
            const lease = await lock.acquire('orders', { timeoutMs: 60_000 });
            assert.equal(++inside, 1);
            await lease.renew();
            inside -= 1;
            assert.equal(await lease.release(), 'released');
          }
        }),
      );
    });
  }

  void it('PostgresAdvisoryLock is refused with the reason, by its health, too', async () => {
    const lock = new PostgresAdvisoryLock({ pool: pool(), createMissing: true });
    await assert.rejects(lock.tryAcquire('orders'), {
      ...{ code: 'LOCK_BACKEND_UNAVAILABLE', outcome: 'definite' },
      message: /^a pooler stands between.*PostgresRowLock/,
    });
    const { ok, detail } = await lock.health();
    assert.equal(ok, false);
    assert.match(detail ?? '', /pooler/);
  });

  void it('PostgresAdvisoryLock is granted without it, and where the user says that each client has a session', async () => {
    const bySession = pool({ ...bouncer.endpoint, database: BY_SESSION });
    for (const options of [{ pool: pool(server.endpoint) }, { pool: bySession, sessionPooling: true }]) {
      const lock = new PostgresAdvisoryLock({ ...options, createMissing: true });
      assert.equal(await (await lock.tryAcquire('orders'))?.release(), 'released');
    }
  });
});
