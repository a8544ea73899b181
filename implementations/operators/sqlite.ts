/** The operator on a SQLite file: leases in tables, by the clock of this machine. */
import { checkTable } from '../sql/names.ts';
import type { SqliteValue } from '../sql/sqlite/client.ts';
import type { MachineClock } from '../sql/sqlite/clock.ts';
import { expiryShape, heartbeatShape } from '../sql/sqlite/statements.ts';
import type { Shape } from '../sql/sqlite/statements.ts';
import { LeaseTables, SWEEPING } from './lease-tables.ts';
import type { LeaseTable } from './lease-tables.ts';
import type { KeySight, Leftover, Listing, Operator } from './operator.ts';

type Row = Readonly<Record<string, unknown>>;

/** As much of a `DatabaseSync` of `node:sqlite` as an operator needs. Opened with a `timeout`: it may wait for writers. */
export interface SqliteFile {
  prepare(sql: string): { all(values: Record<string, SqliteValue>): unknown[] };
}

export class SqliteOperator implements Operator {
  readonly sweeping = SWEEPING;
  readonly #tables: LeaseTables;
  readonly #close: () => void;

  constructor(file: SqliteFile, machine: MachineClock, prefix: string, close: () => void) {
    this.#close = close;
    this.#tables = new LeaseTables(
      [
        tableOf('sql-table', 'holdfast_lock', expiryShape, file, machine),
        tableOf('sql-heartbeat', 'holdfast_heartbeat', heartbeatShape, file, machine),
      ],
      prefix,
    );
  }

  list(limit: number): Promise<Listing> {
    return this.#tables.list(limit);
  }

  inspect(key: string): Promise<KeySight[]> {
    return this.#tables.inspect(key);
  }

  leftovers(ageMs: number, limit: number): Promise<Leftover[]> {
    return this.#tables.leftovers(ageMs, limit);
  }

  close(): Promise<void> {
    this.#close();
    return Promise.resolve();
  }
}

function tableOf(lock: string, table: string, shape: Shape, file: SqliteFile, machine: MachineClock): LeaseTable {
  checkTable(table);
  const { deadline } = shape;
  const since = 'held_since' in shape.columns ? ':now - held_since' : 'NULL';
  const inForce = `token IS NOT NULL AND boot = :boot AND ${deadline} > :now`;
  /** Of what an earlier life of the machine has left, only that it is older than this one is known. */
  const age = `CASE WHEN boot = :boot THEN :now - ${deadline} ELSE :now END`;
  const idle = `NOT (${inForce}) AND ${age} >= :age`;
  const begins = 'substr(name, 1, length(:prefix)) = :prefix';
  const ask = (sql: string, values: Record<string, SqliteValue>): Promise<Row[]> => {
    const { boot } = machine;
    return Promise.resolve(rowsOf(file, sql, { ...values, boot, now: machine.now() }));
  };
  return {
    lock,
    async look(where, limit) {
      const of = 'name' in where ? 'name = :name' : begins;
      const columns = `name, token, fence, ${deadline} - :now AS remaining, ${since} AS held_for`;
      const rows = await ask(`SELECT ${columns} FROM ${table} WHERE ${of} AND ${inForce} LIMIT :limit`, {
        ...where,
        limit,
      });
      return rows.map(({ name, token, fence, remaining, held_for: heldFor }) => ({
        ...{ name: String(name), token: String(token), fence: BigInt(Number(fence)) },
        ...{ remainingMs: Number(remaining) / 1000, heldForMs: heldFor === null ? undefined : Number(heldFor) / 1000 },
      }));
    },
    async force({ name, token, fence }) {
      const of = `name = :name AND token = :token AND fence = :fence AND ${inForce}`;
      const sql = `UPDATE ${table} SET token = NULL, fence = fence + 1 WHERE ${of} RETURNING fence`;
      const [freed] = await ask(sql, { name, token, fence: Number(fence) });
      return freed === undefined ? undefined : BigInt(Number(freed['fence']));
    },
    async idle(prefix, ageMs, limit) {
      const sql = `SELECT name, fence, ${age} AS idle_for FROM ${table} WHERE ${begins} AND ${idle} LIMIT :limit`;
      const rows = await ask(sql, { prefix, age: ageMs * 1000, limit });
      return rows.map(({ name, fence, idle_for: idleFor }) => ({
        ...{ name: String(name), fence: BigInt(Number(fence)), ageMs: Number(idleFor) / 1000 },
      }));
    },
    async remove({ name, fence }, ageMs) {
      const sql = `DELETE FROM ${table} WHERE name = :name AND fence = :fence AND ${idle} RETURNING name`;
      return (await ask(sql, { name, fence: Number(fence), age: ageMs * 1000 })).length === 1;
    },
  };
}

/** A table that is not there has no rows: an operator creates none. */
function rowsOf(file: SqliteFile, sql: string, values: Record<string, SqliteValue>): Row[] {
  try {
    return file.prepare(sql).all(values) as Row[];
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no such table')) return [];
    throw error;
  }
}
