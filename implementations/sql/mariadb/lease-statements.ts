/** The statements of the lease locks on MariaDB and MySQL. Each makes one decision atomically; all times are the server's. */
import { checkTable } from '../names.ts';

/** What a row says about the time, and how that is written. In a `granted` value, `?` is the lease in microseconds. */
export interface Shape {
  /** Column → its type and the value that a grant gives it. */
  readonly columns: Readonly<Record<string, { readonly type: string; readonly granted: string }>>;
  /** Columns that a renewal sets as a grant does. */
  readonly renewed: readonly string[];
  /** The moment at which the lease in the row runs out. */
  readonly deadline: string;
}

/**
 * When the statement began, in a time zone without summer. If it had to wait for the row since, that is earlier than now:
 * a lease that has run out meanwhile is still taken for good, and a new one is shorter, but never ends before its holder
 * thinks, who counts from before the request was sent.
 */
const NOW = 'UTC_TIMESTAMP(6)';

/** The moment of expiry stands in the row. */
export const expiryShape: Shape = {
  columns: { expires_at: { type: 'DATETIME(6) NOT NULL', granted: `${NOW} + INTERVAL ? MICROSECOND` } },
  renewed: ['expires_at'],
  deadline: 'expires_at',
};

/** The last sign of life stands in the row, and for how long it is good: the holder's own word, not the taker's guess. */
export const heartbeatShape: Shape = {
  columns: {
    held_since: { type: 'DATETIME(6) NOT NULL', granted: NOW },
    last_heartbeat: { type: 'DATETIME(6) NOT NULL', granted: NOW },
    lease_us: { type: 'BIGINT NOT NULL', granted: '?' },
  },
  renewed: ['last_heartbeat', 'lease_us'],
  deadline: '(last_heartbeat + INTERVAL lease_us MICROSECOND)',
};

export interface LeaseStatements {
  /** Creates the table, if it does not exist. */
  readonly schema: readonly string[];
  /** name, token, lease. Its insert id is the fence when granted, else the remaining microseconds: see `FENCES_FROM`. */
  readonly acquire: string;
  /** lease, name, token, fence. */
  readonly extend: string;
  /** name, token, fence. Finds a row only if this very grant is still in force. */
  readonly free: string;
  /** name, token. */
  readonly undo: string;
  /** name. `token`, `fence` and `remaining` of a lease in force. */
  readonly inspect: string;
}

/** Fences count up from a time in microseconds; no lease is so long (it would take thirty years). */
export const FENCES_FROM = 1e15;

/**
 * A row is never deleted, for it keeps the fence; the lock is free when its `token` is null or its time is over. The first
 * fence of a row is the time in microseconds, so that fences also rise when the row, or the whole table, was lost.
 *
 * The assignments of ON DUPLICATE KEY UPDATE happen from left to right, each seeing the ones before: fence and token are
 * decided by the old row, the times by whose the new one is. What was decided, LAST_INSERT_ID(…) puts into the statement's
 * own answer, on every version of both servers; the number of affected rows would mean different things with different
 * settings of the client.
 */
export function leaseStatements(table: string, shape: Shape): LeaseStatements {
  checkTable(table);
  const columns = Object.keys(shape.columns);
  const granted = Object.values(shape.columns).map((column) => column.granted);
  const free = `token IS NULL OR ${shape.deadline} <= ${NOW}`;
  const inForce = `${shape.deadline} > ${NOW}`;
  const remainingUs = `TIMESTAMPDIFF(MICROSECOND, ${NOW}, ${shape.deadline})`;
  return {
    schema: [
      `CREATE TABLE IF NOT EXISTS ${table} (
  name VARBINARY(255) PRIMARY KEY,
  token VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
  fence BIGINT NOT NULL,
${Object.entries(shape.columns)
  .map(([column, { type }]) => `  ${column} ${type}`)
  .join(',\n')}
) ENGINE = InnoDB`,
    ],
    acquire: `
INSERT INTO ${table} (name, token, fence, ${columns.join(', ')})
VALUES (?, ?, LAST_INSERT_ID(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${NOW})), ${granted.join(', ')})
ON DUPLICATE KEY UPDATE
  fence = IF(${free}, LAST_INSERT_ID(fence + 1),
    IF(token = VALUES(token), LAST_INSERT_ID(fence), fence + 0 * LAST_INSERT_ID(${remainingUs}))),
  token = IF(${free}, VALUES(token), token),
  ${columns.map((column) => `${column} = IF(token = VALUES(token), VALUES(${column}), ${column})`).join(',\n  ')}`,
    extend: `
UPDATE ${table} SET ${shape.renewed.map((column) => `${column} = ${shape.columns[column]?.granted}`).join(', ')}
WHERE name = ? AND token = ? AND fence = CAST(? AS SIGNED) AND ${inForce}`,
    free: `UPDATE ${table} SET token = NULL WHERE name = ? AND token = ? AND fence = CAST(? AS SIGNED) AND ${inForce}`,
    undo: `UPDATE ${table} SET token = NULL WHERE name = ? AND token = ?`,
    inspect: `
SELECT token, CAST(fence AS CHAR) AS fence, ${remainingUs} / 1000 AS remaining FROM ${table}
WHERE name = ? AND token IS NOT NULL AND ${inForce}`,
  };
}
