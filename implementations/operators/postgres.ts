/** The operator on PostgreSQL: leases in tables, and the locks that connections hold. */
import { hashOf, rowName } from '../sql/names.ts';
import { PostgresDatabase } from '../sql/postgres/database.ts';
import type { PostgresPool } from '../sql/postgres/client.ts';
import { causeStateOf, MISSING_TABLE } from '../sql/postgres/errors.ts';
import { expiryShape, heartbeatShape } from '../sql/postgres/lease-statements.ts';
import type { Shape } from '../sql/postgres/lease-statements.ts';
import { heldByConnection, LeaseTables, SWEEPING, UNLISTED } from './lease-tables.ts';
import type { LeaseTable } from './lease-tables.ts';
import { holderId } from './operator.ts';
import type { HolderSight, KeySight, Leftover, Listing, Operator } from './operator.ts';
import { operatorStatements } from './postgres-statements.ts';

type Row = Readonly<Record<string, unknown>>;
type Run = (text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

const SESSION = `pid, backend_start::text AS started, coalesce(application_name, '') AS application, coalesce(client_addr::text, '') AS address`;

/** $1 and $2: the two halves of the number. */
const ADVISORY = `
SELECT granted, ${SESSION} FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint = $1 AND objid::bigint = $2
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** $1: name. Whoever locks a row leaves its transaction's number in it; others wait for the end of that. */
const ROW = `
SELECT true AS granted, ${SESSION}, (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::float8 AS held_for
FROM holdfast_row AS held JOIN pg_locks ON locktype = 'transactionid' AND transactionid = held.xmax AND granted
JOIN pg_stat_activity USING (pid) WHERE name = $1`;

export class PostgresOperator implements Operator {
  readonly sweeping = SWEEPING;
  readonly #tables: LeaseTables;
  readonly #run: Run;
  readonly #prefix: string;
  readonly #close: () => Promise<void>;

  constructor(pool: PostgresPool, prefix: string, close: () => Promise<void>) {
    this.#run = runOn(pool);
    this.#prefix = prefix;
    this.#close = close;
    this.#tables = leaseTables(pool, prefix);
  }

  async list(limit: number): Promise<Listing> {
    return { ...(await this.#tables.list(limit)), unlisted: UNLISTED };
  }

  async inspect(key: string): Promise<KeySight[]> {
    const number = BigInt.asUintN(64, hashOf(this.#prefix + key).readBigInt64BE(0));
    const halves = [String(number >> 32n), String(number & 0xffff_ffffn)];
    const [leases, advisory, row] = await Promise.all([
      this.#tables.inspect(key),
      this.#run(ADVISORY, halves),
      this.#run(ROW, [rowName(this.#prefix + key)]),
    ]);
    return [...leases, ...connectionSight(key, 'sql-advisory', advisory), ...connectionSight(key, 'sql-row', row)];
  }

  leftovers(ageMs: number, limit: number): Promise<Leftover[]> {
    return this.#tables.leftovers(ageMs, limit);
  }

  close(): Promise<void> {
    return this.#close();
  }
}

function connectionSight(key: string, lock: string, rows: readonly Row[]): KeySight[] {
  const holding = rows.filter(({ granted }) => granted === true);
  if (rows.length === 0) return [];
  const waiting = lock === 'sql-advisory' ? { waiting: rows.length - holding.length } : {};
  return [{ key, lock, holders: holding.map(sessionSight), ...waiting }];
}

function sessionSight({ pid, started, application, address, held_for: heldForMs }: Row): HolderSight {
  const whose = [application, address].map(String).filter((word) => word !== '');
  return {
    ...{ id: holderId(String(pid), String(started)), mode: 'exclusive' },
    ...(typeof heldForMs === 'number' ? { heldForMs } : {}),
    detail: `session ${String(pid)}${whose.length === 0 ? '' : ` (${whose.join(', ')})`}`,
    force: heldByConnection(`SELECT pg_terminate_backend(${String(pid)})`),
  };
}

function tableOf(lock: string, table: string, shape: Shape, ask: Run): LeaseTable {
  const statements = operatorStatements(table, shape);
  return {
    lock,
    async look(where, limit) {
      const values = 'name' in where ? [where.name, '', limit] : [null, where.prefix, limit];
      return (await ask(statements.look, values)).map(({ name, token, fence, remaining, held_for: heldFor }) => ({
        ...{ name: String(name), token: String(token), fence: BigInt(String(fence)) },
        ...{ remainingMs: Number(remaining), heldForMs: typeof heldFor === 'number' ? heldFor : undefined },
      }));
    },
    async force({ name, token, fence }) {
      const [freed] = await ask(statements.force, [name, token, String(fence)]);
      return freed === undefined ? undefined : BigInt(String(freed['fence']));
    },
    async idle(prefix, ageMs, limit) {
      return (await ask(statements.idle, [prefix, ageMs, limit])).map(({ name, fence, age }) => ({
        ...{ name: String(name), fence: BigInt(String(fence)), ageMs: Number(age) },
      }));
    },
    async remove({ name, fence }, ageMs) {
      return (await ask(statements.remove, [name, String(fence), ageMs])).length === 1;
    },
  };
}

export function leaseTables(pool: PostgresPool, prefix: string): LeaseTables {
  const run = runOn(pool);
  const tables = [
    tableOf('sql-table', 'holdfast_lock', expiryShape, run),
    tableOf('sql-heartbeat', 'holdfast_heartbeat', heartbeatShape, run),
  ];
  return new LeaseTables(tables, prefix);
}

/** A table that is not there has no rows: an operator creates none. */
function runOn(pool: PostgresPool): Run {
  const database = new PostgresDatabase({ pool }, '');
  return async (text, values) => {
    try {
      return await database.run<Record<string, unknown>>({ text, values: [...values] });
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  };
}

/** Without leave to create it, the database wraps what the server said. */
function isMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return causeStateOf(error) === MISSING_TABLE || causeStateOf(cause) === MISSING_TABLE;
}
