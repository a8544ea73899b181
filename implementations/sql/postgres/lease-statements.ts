/** The statements of the lease locks on PostgreSQL. Each makes one decision atomically; all times are the server's. */
import { checkTable } from '../names.ts';

/** What a row says about the time, and how that is written. `$3` is the length of the lease in milliseconds. */
export interface Shape {
  /** Column → its type and the value that a grant gives it. */
  readonly columns: Readonly<Record<string, { readonly type: string; readonly granted: string }>>;
  /** Columns that a renewal sets as a grant does. */
  readonly renewed: readonly string[];
  /** The moment at which the lease in the row runs out. */
  readonly deadline: (row: string) => string;
}

const LEASE = `$3::float8 * interval '1 millisecond'`;
const NOW = 'clock_timestamp()';

/** The moment of expiry stands in the row. */
export const expiryShape: Shape = {
  columns: { expires_at: { type: 'timestamptz NOT NULL', granted: `${NOW} + ${LEASE}` } },
  renewed: ['expires_at'],
  deadline: (row) => `${row}.expires_at`,
};

/** The last sign of life stands in the row, and for how long it is good: the holder's own word, not the taker's guess. */
export const heartbeatShape: Shape = {
  columns: {
    held_since: { type: 'timestamptz NOT NULL', granted: NOW },
    last_heartbeat: { type: 'timestamptz NOT NULL', granted: NOW },
    lease_ms: { type: 'float8 NOT NULL', granted: '$3::float8' },
  },
  renewed: ['last_heartbeat', 'lease_ms'],
  deadline: (row) => `(${row}.last_heartbeat + ${row}.lease_ms * interval '1 millisecond')`,
};

export interface LeaseStatements {
  /** Creates the table, if it does not exist. */
  readonly schema: string;
  /** $1 name, $2 token, $3 lease. One row: `fence` when granted, else the holder's `remaining` milliseconds, if known. */
  readonly acquire: string;
  /** $1 name, $2 token, $3 lease, $4 fence. One row when extended. */
  readonly extend: string;
  /** $1 name, $2 token. One row when it was the token's: `fence`, and whether it was still `in_force`. Tells waiters. */
  readonly free: string;
  /** $1 name. `token`, `fence` and `remaining` of a lease in force. */
  readonly inspect: string;
  /** Where releases are announced, with the name. */
  readonly channel: string;
}

/**
 * A row is never deleted, for it keeps the fence; the lock is free when its `token` is null or its time is over. The first
 * fence of a row is the time in microseconds, so that fences also rise when the row, or the whole table, was lost.
 *
 * `ON CONFLICT DO UPDATE` waits for the row, reads its newest version and then judges: what was granted meanwhile counts.
 */
export function leaseStatements(table: string, shape: Shape): LeaseStatements {
  checkTable(table);
  const columns = Object.keys(shape.columns);
  const granted = Object.values(shape.columns).map((column) => column.granted);
  const inForce = (row: string): string => `${shape.deadline(row)} > ${NOW}`;
  const remaining = (row: string): string => `(extract(epoch FROM ${shape.deadline(row)} - ${NOW}) * 1000)::float8`;
  return {
    channel: table,
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  name text COLLATE "C" PRIMARY KEY,
  token text,
  fence bigint NOT NULL,
${Object.entries(shape.columns)
  .map(([column, { type }]) => `  ${column} ${type}`)
  .join(',\n')}
) WITH (fillfactor = 50)`,
    acquire: `
WITH granted AS (
  INSERT INTO ${table} AS held (name, token, fence, ${columns.join(', ')})
  VALUES ($1, $2, (extract(epoch FROM ${NOW}) * 1000000)::bigint, ${granted.join(', ')})
  ON CONFLICT (name) DO UPDATE SET
    token = excluded.token,
    fence = CASE WHEN held.token = excluded.token AND ${inForce('held')} THEN held.fence ELSE held.fence + 1 END,
    ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
  WHERE held.token IS NULL OR held.token = excluded.token OR NOT ${inForce('held')}
  RETURNING fence
)
SELECT fence::text, NULL::float8 AS remaining FROM granted
UNION ALL
SELECT NULL, ${remaining('holder')} FROM ${table} AS holder WHERE name = $1 AND NOT EXISTS (SELECT FROM granted)`,
    extend: `
UPDATE ${table} AS held SET ${shape.renewed.map((column) => `${column} = ${shape.columns[column]?.granted}`).join(', ')}
WHERE name = $1 AND token = $2 AND fence = $4::bigint AND ${inForce('held')}
RETURNING true AS extended`,
    free: `
WITH freed AS (
  UPDATE ${table} AS held SET token = NULL WHERE name = $1 AND token = $2
  RETURNING fence::text, ${inForce('held')} AS in_force
)
SELECT fence, in_force, pg_notify('${table}', $1) FROM freed`,
    inspect: `
SELECT token, fence::text, ${remaining('held')} AS remaining FROM ${table} AS held
WHERE name = $1 AND token IS NOT NULL AND ${inForce('held')}`,
  };
}
