/** The operator on MariaDB and MySQL: leases in tables, and the locks that connections hold. */
import { rowName } from '../sql/names.ts';
import { lockName } from '../sql/mariadb/advisory-holder.ts';
import { MariadbDatabase, MISSING } from '../sql/mariadb/database.ts';
import type { Statement } from '../sql/mariadb/database.ts';
import { causeNumberOf } from '../sql/mariadb/errors.ts';
import type { MariadbPool } from '../sql/mariadb/client.ts';
import { rowStatements } from '../sql/mariadb/holder-statements.ts';
import { expiryShape, heartbeatShape } from '../sql/mariadb/lease-statements.ts';
import type { Shape } from '../sql/mariadb/lease-statements.ts';
import { heldByConnection, LeaseTables, SWEEPING, UNLISTED } from './lease-tables.ts';
import type { LeaseTable } from './lease-tables.ts';
import { holderId } from './operator.ts';
import type { KeySight, Leftover, Listing, Operator } from './operator.ts';

const NOW = 'UTC_TIMESTAMP(6)';
/** Its length in bytes, and the prefix. */
const BEGINS = 'LEFT(name, ?) = ?';
const ROW = rowStatements('holdfast_row');
/** The session that has it. */
const ADVISORY = 'SELECT IS_USED_LOCK(?) AS session';

type Row = Readonly<Record<string, unknown>>;

export class MariadbOperator implements Operator {
  readonly sweeping = SWEEPING;
  readonly #database: MariadbDatabase;
  readonly #tables: LeaseTables;
  readonly #prefix: string;
  readonly #close: () => Promise<void>;

  constructor(pool: MariadbPool, prefix: string, close: () => Promise<void>) {
    this.#database = new MariadbDatabase({ pool }, { mariadb: [], mysql: [] });
    this.#prefix = prefix;
    this.#close = close;
    this.#tables = new LeaseTables(
      [
        tableOf('sql-table', 'holdfast_lock', expiryShape, this.#database),
        tableOf('sql-heartbeat', 'holdfast_heartbeat', heartbeatShape, this.#database),
      ],
      prefix,
    );
  }

  async list(limit: number): Promise<Listing> {
    return { ...(await this.#tables.list(limit)), unlisted: UNLISTED };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const sights = await Promise.all([this.#tables.inspect(key), this.#advisory(key), this.#row(key)]);
    return sights.flat();
  }

  leftovers(ageMs: number, limit: number): Promise<Leftover[]> {
    return this.#tables.leftovers(ageMs, limit);
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #advisory(key: string): Promise<KeySight[]> {
    const [row] = await rowsOf(this.#database, { sql: ADVISORY, values: [lockName(this.#prefix + key)] });
    const session = row?.['session'];
    return typeof session === 'number' ? [connectionSight(key, 'sql-advisory', String(session))] : [];
  }

  /** Nothing names the session that has locked a row: that it is locked shows when it is asked for. */
  async #row(key: string): Promise<KeySight[]> {
    const values = [Buffer.from(rowName(this.#prefix + key))];
    if ((await rowsOf(this.#database, { sql: ROW.find, values })).length === 0) return [];
    if ((await rowsOf(this.#database, { sql: ROW.findFree, values })).length > 0) return [];
    return [connectionSight(key, 'sql-row', undefined)];
  }
}

function connectionSight(key: string, lock: string, session: string | undefined): KeySight {
  const detail = session === undefined ? 'a session that the server does not name' : `session ${session}`;
  const force = heldByConnection(`KILL CONNECTION ${session ?? 'ID'}`);
  return { key, lock, holders: [{ id: holderId(lock, session ?? key), mode: 'exclusive', detail, force }] };
}

function tableOf(lock: string, table: string, shape: Shape, database: MariadbDatabase): LeaseTable {
  const { deadline } = shape;
  const since = 'held_since' in shape.columns ? `TIMESTAMPDIFF(MICROSECOND, held_since, ${NOW}) / 1000` : 'NULL';
  const columns = `name, token, CAST(fence AS CHAR) AS fence, TIMESTAMPDIFF(MICROSECOND, ${NOW}, ${deadline}) / 1000 AS remaining, ${since} AS held_for`;
  const inForce = `token IS NOT NULL AND ${deadline} > ${NOW}`;
  const idle = `(token IS NULL OR ${deadline} <= ${NOW}) AND ${deadline} <= ${NOW} - INTERVAL ? MICROSECOND`;
  return {
    lock,
    async look(where, limit) {
      const bytes = Buffer.from('name' in where ? where.name : where.prefix);
      const [of, values] = 'name' in where ? ['name = ?', [bytes, limit]] : [BEGINS, [bytes.length, bytes, limit]];
      const sql = `SELECT ${columns} FROM ${table} WHERE ${of} AND ${inForce} LIMIT ?`;
      const rows = await rowsOf(database, { sql, values });
      return rows.map(({ name, token, fence, remaining, held_for: heldFor }) => ({
        ...{ name: String(name), token: String(token), fence: BigInt(String(fence)) },
        ...{ remainingMs: Number(remaining), heldForMs: heldFor === null ? undefined : Number(heldFor) },
      }));
    },
    async force({ name, token, fence }) {
      const sql = `UPDATE ${table} SET token = NULL, fence = fence + 1 WHERE name = ? AND token = ? AND fence = CAST(? AS SIGNED) AND ${inForce}`;
      const values = [Buffer.from(name), token, String(fence)];
      return (await database.count({ sql, values })) > 0 ? fence + 1n : undefined;
    },
    async idle(prefix, ageMs, limit) {
      const age = `TIMESTAMPDIFF(MICROSECOND, ${deadline}, ${NOW}) / 1000 AS age`;
      const sql = `SELECT name, CAST(fence AS CHAR) AS fence, ${age} FROM ${table} WHERE ${BEGINS} AND ${idle} LIMIT ?`;
      const bytes = Buffer.from(prefix);
      const rows = await rowsOf(database, { sql, values: [bytes.length, bytes, ageMs * 1000, limit] });
      return rows.map(({ name, fence, age: idleFor }) => ({
        ...{ name: String(name), fence: BigInt(String(fence)), ageMs: Number(idleFor) },
      }));
    },
    async remove({ name, fence }, ageMs) {
      const sql = `DELETE FROM ${table} WHERE name = ? AND fence = CAST(? AS SIGNED) AND ${idle}`;
      const values = [Buffer.from(name), String(fence), ageMs * 1000];
      return (await database.count({ sql, values })) > 0;
    },
  };
}

/** A table that is not there has no rows: an operator creates none. */
async function rowsOf(database: MariadbDatabase, statement: Statement): Promise<readonly Row[]> {
  try {
    return await database.rows(statement);
  } catch (error) {
    const number = causeNumberOf(error) ?? causeNumberOf(error instanceof Error ? error.cause : undefined);
    if (number !== undefined && MISSING.includes(number)) return [];
    throw error;
  }
}
