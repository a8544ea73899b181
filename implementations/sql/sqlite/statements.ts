/** The statements of the lease locks on SQLite. Each makes one decision atomically; times are given in microseconds. */
import { checkTable } from '../names.ts';

/** What a row says about the time, and how that is written. `:now` is the time, `:lease` the length of the lease. */
export interface Shape {
  /** Column → the value that a grant gives it. All are integers. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns that a renewal sets as a grant does. */
  readonly renewed: readonly string[];
  /** The moment at which the lease in the row runs out. */
  readonly deadline: string;
}

/** The moment of expiry stands in the row. */
export const expiryShape: Shape = {
  columns: { expires_at: ':now + :lease' },
  renewed: ['expires_at'],
  deadline: 'expires_at',
};

/** The last sign of life stands in the row, and for how long it is good: the holder's own word, not the taker's guess. */
export const heartbeatShape: Shape = {
  columns: { held_since: ':now', last_heartbeat: ':now', lease: ':lease' },
  renewed: ['last_heartbeat', 'lease'],
  deadline: '(last_heartbeat + lease)',
};

export interface LeaseStatements {
  /** Creates the table, if it does not exist. */
  readonly schema: string;
  /** :name, :token, :boot, :now, :lease, :first. One row, `fence`, when granted. */
  readonly acquire: string;
  /** :name, :boot, :now. `token`, `fence` and `remaining` of a lease in force. */
  readonly inspect: string;
  /** :name, :token, :boot, :now, :lease, :fence. One row when extended. */
  readonly extend: string;
  /** :name, :token, :boot, :now. One row when it was the token's: `fence`, and whether it was still `in_force`. */
  readonly free: string;
}

/**
 * A row is never deleted, for it keeps the fence; the lock is free when its `token` is null, its time is over, or the machine
 * has been started anew since. The first fence of a row, and of each life of the machine, is no less than `:first`: what was
 * not yet on the disk when the power failed is not handed out again.
 */
export function leaseStatements(table: string, shape: Shape): LeaseStatements {
  checkTable(table);
  const columns = Object.keys(shape.columns);
  const inForce = `boot = :boot AND ${shape.deadline} > :now`;
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  name TEXT PRIMARY KEY,
  token TEXT,
  fence INTEGER NOT NULL,
  boot TEXT NOT NULL,
${columns.map((column) => `  ${column} INTEGER NOT NULL`).join(',\n')}
) WITHOUT ROWID`,
    acquire: `
INSERT INTO ${table} (name, token, fence, boot, ${columns.join(', ')})
VALUES (:name, :token, :first, :boot, ${Object.values(shape.columns).join(', ')})
ON CONFLICT (name) DO UPDATE SET
  token = excluded.token,
  fence = CASE
    WHEN token = excluded.token AND ${inForce} THEN fence
    WHEN boot = :boot THEN fence + 1
    ELSE max(fence + 1, :first) END,
  boot = excluded.boot,
  ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
WHERE token IS NULL OR token = excluded.token OR NOT (${inForce})
RETURNING fence`,
    inspect: `
SELECT token, fence, ${shape.deadline} - :now AS remaining FROM ${table}
WHERE name = :name AND token IS NOT NULL AND ${inForce}`,
    extend: `
UPDATE ${table} SET ${shape.renewed.map((column) => `${column} = ${shape.columns[column]}`).join(', ')}
WHERE name = :name AND token = :token AND fence = :fence AND ${inForce}
RETURNING 1 AS extended`,
    free: `
UPDATE ${table} SET token = NULL WHERE name = :name AND token = :token
RETURNING fence, ${inForce} AS in_force`,
  };
}
