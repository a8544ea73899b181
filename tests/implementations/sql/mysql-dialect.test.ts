/** What the locks of MariaDB do on MySQL, without a server: a pool that answers as MySQL does. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { LockBackendError } from '../../../implementations/lock.ts';
import { MariadbAdvisoryLock } from '../../../implementations/sql/mariadb/advisory.ts';
import type { MariadbConnection, MariadbPool } from '../../../implementations/sql/mariadb/client.ts';
import { MariadbRowLock } from '../../../implementations/sql/mariadb/row.ts';

class ServerError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`error ${errno}`);
    this.errno = errno;
  }
}

/** A pool whose server has this version; `answer` says what it answers to any other statement. */
function poolOf(version: string, answer: (sql: string) => unknown): { pool: MariadbPool; asked: string[] } {
  const asked: string[] = [];
  const connect = (): MariadbConnection =>
    Object.assign(new EventEmitter(), {
      threadId: 1,
      release: () => undefined,
      destroy: () => undefined,
      query: async ({ sql }: { readonly sql: string }): Promise<readonly [unknown, unknown]> => {
        if (sql.includes('VERSION()')) return [[{ replica: 0, version }], []];
        asked.push(sql);
        return [await answer(sql), []];
      },
    });
  return { pool: { getConnection: async () => connect() }, asked };
}

const LOCKS = [MariadbAdvisoryLock, MariadbRowLock];

describe('a row or advisory lock of MariaDB on MySQL', () => {
  for (const version of ['5.6.24-log', '5.7.44', '8.0.20'])
    it(`refuses ${version} with the reason, and asks for nothing`, async () => {
      for (const Lock of LOCKS) {
        const { pool, asked } = poolOf(version, () => []);
        await assert.rejects(new Lock({ pool }).tryAcquire('orders'), (error) => {
          assert.ok(error instanceof LockBackendError, String(error));
          assert.equal(error.outcome, 'definite');
          assert.ok(error.message.includes(`MySQL ${version}: row and advisory locks need 8.0.21`), error.message);
          return true;
        });
        assert.deepEqual(asked, []);
      }
    });

  for (const version of ['8.0.21', '8.4.0-commercial', '9.7.4-2', '8.0.mysql_aurora.3.08.0'])
    it(`is granted on ${version} with the number that was given after the grant`, async () => {
      for (const Lock of LOCKS) {
        const { pool } = poolOf(version, (sql) =>
          sql.startsWith('INSERT') ? { insertId: 17 } : [{ name: 'orders', granted: 1 }],
        );
        assert.equal((await new Lock({ pool }).tryAcquire('orders'))?.fencingToken, 17n);
      }
    });

  it('gives up a user lock that may have been granted in the moment in which the wait was over', async () => {
    const { pool, asked } = poolOf('9.7.4', (sql) => {
      if (sql.includes('MAX_EXECUTION_TIME')) throw new ServerError(3024);
      return [];
    });
    const lock = new MariadbAdvisoryLock({ pool, retry: { maxAttempts: 1 } });
    await assert.rejects(lock.acquire('orders', { timeoutMs: 50 }), { code: 'LOCK_TIMEOUT' });
    assert.deepEqual(asked.slice(1, 2), ['SELECT RELEASE_ALL_LOCKS()']);
  });

  it('counts no fence, and tells of no grant, where the counting fails', async () => {
    for (const Lock of LOCKS) {
      const { pool } = poolOf('9.7.4', (sql) => {
        if (sql.startsWith('INSERT')) throw new ServerError(1290);
        return [{ name: 'orders', granted: 1 }];
      });
      await assert.rejects(new Lock({ pool }).tryAcquire('orders'), { code: 'LOCK_BACKEND_UNAVAILABLE' });
    }
  });
});
