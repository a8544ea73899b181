/**
 * What the locks in databases cost: `npm run bench:sql`, with `-- --rounds 40` for a calmer reading.
 *
 * Uncontended cycles of acquire and release, one at a time: the lock, and the same two calls of it sent through the same client
 * library with nothing around them. Both take turns in every round; a ratio is the median of the ratios of the rounds, with its
 * quartiles. 1 is a lock that costs nothing but its round trips.
 */
import { parseArgs } from 'node:util';
import { createPool } from 'mysql2/promise';
import type { ResultSetHeader } from 'mysql2/promise';
import pg from 'pg';
import type { Lock } from '../implementations/lock.ts';
import { MariadbAdvisoryLock } from '../implementations/sql/mariadb/advisory.ts';
import { NEXT_FENCE as MARIADB_FENCE } from '../implementations/sql/mariadb/fence.ts';
import {
  expiryShape as mariadbExpiry,
  leaseStatements as mariadbStatements,
} from '../implementations/sql/mariadb/lease-statements.ts';
import { MariadbTableLock } from '../implementations/sql/mariadb/table.ts';
import { PostgresAdvisoryLock, WAIT } from '../implementations/sql/postgres/advisory.ts';
import { NEXT_FENCE } from '../implementations/sql/postgres/fence.ts';
import { expiryShape, leaseStatements } from '../implementations/sql/postgres/lease-statements.ts';
import { PostgresRowLock } from '../implementations/sql/postgres/row.ts';
import { PostgresTableLock } from '../implementations/sql/postgres/table.ts';
import { newToken } from '../implementations/token.ts';
import { startServer } from '../tools/servers.ts';

const LEASE_MS = 30_000;
const CYCLES_PER_ROUND = 200;
const KEY = 'bench';

type Cycle = () => Promise<unknown>;

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });

await onPostgres();
await onMariadb();

async function onPostgres(): Promise<void> {
  await using servers = await startServer('postgres');
  const [{ host, port } = { host: '', port: 0 }] = servers.endpoints;
  const pool = new pg.Pool({ host, port, user: 'postgres', database: 'postgres', max: 4 });
  const options = { pool, createMissing: true, leaseMs: LEASE_MS };
  const { acquire, free } = leaseStatements('holdfast_lock', expiryShape);
  try {
    await compare('sql-table-postgres', new PostgresTableLock(options), async () => {
      const token = newToken();
      await pool.query({ name: 'bare acquire', text: acquire, values: ['bare', token, LEASE_MS] });
      await pool.query({ name: 'bare free', text: free, values: ['bare', token] });
    });
    await compare('sql-advisory-postgres', new PostgresAdvisoryLock(options), async () => {
      const client = await pool.connect();
      await client.query({ name: 'bare wait', text: WAIT, values: ['1', '10000'] });
      await client.query({ name: 'bare unlock', text: 'SELECT pg_advisory_unlock($1::bigint)', values: ['1'] });
      client.release();
    });
    const row = new PostgresRowLock(options);
    await compare('sql-row-postgres', row, async () => {
      const client = await pool.connect();
      await client.query(
        `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 10000; SELECT FROM holdfast_row WHERE name = '${KEY}' FOR UPDATE; SELECT ${NEXT_FENCE} AS fence`,
      );
      await client.query('COMMIT');
      client.release();
    });
  } finally {
    await pool.end();
  }
}

async function onMariadb(): Promise<void> {
  await using servers = await startServer('mariadb');
  const [{ host, port } = { host: '', port: 0 }] = servers.endpoints;
  const pool = createPool({
    host,
    port,
    user: 'root',
    database: 'holdfast',
    connectionLimit: 4,
    resetOnRelease: false,
  });
  const options = { pool, createMissing: true, leaseMs: LEASE_MS };
  const { acquire, free } = mariadbStatements('holdfast_lock', mariadbExpiry);
  try {
    await compare('sql-table-mariadb', new MariadbTableLock(options), async () => {
      const token = newToken();
      const name = Buffer.from('bare');
      const [{ insertId }] = await pool.query<ResultSetHeader>(acquire, [name, token, LEASE_MS * 1000]);
      await pool.query(free, [name, token, String(insertId)]);
    });
    await compare('sql-advisory-mariadb', new MariadbAdvisoryLock(options), async () => {
      const connection = await pool.getConnection();
      await connection.query(
        `SELECT CASE GET_LOCK(?, ?) WHEN 1 THEN ${MARIADB_FENCE} WHEN 0 THEN 'busy' END AS fence`,
        ['bare', 10],
      );
      await connection.query('SELECT RELEASE_LOCK(?) AS released', ['bare']);
      connection.release();
    });
  } finally {
    await pool.end();
  }
}

async function compare(name: string, lock: Lock & { close(): Promise<void> }, bare: Cycle): Promise<void> {
  const ours: Cycle = async () => (await lock.acquire(KEY, { leaseMs: LEASE_MS })).release();
  const ratios: number[] = [];
  const rates: number[] = [];
  await rateOf(ours);
  await rateOf(bare);
  for (let round = 0; round < Number(flags.rounds); round++) {
    const oursFirst = round % 2 === 0;
    const first = await rateOf(oursFirst ? ours : bare);
    const second = await rateOf(oursFirst ? bare : ours);
    rates.push(oursFirst ? first : second);
    ratios.push(oursFirst ? first / second : second / first);
  }
  await lock.close();
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => at(ratios, share).toFixed(2));
  console.log(
    `${name.padEnd(24)} ${at(rates, 0.5).toFixed(0).padStart(6)}/s, ${median} of the bare client (${low}–${high})`,
  );
}

async function rateOf(cycle: Cycle): Promise<number> {
  const began = performance.now();
  for (let done = 0; done < CYCLES_PER_ROUND; done++) await cycle();
  return (CYCLES_PER_ROUND * 1000) / (performance.now() - began);
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
