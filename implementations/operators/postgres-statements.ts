/** The operator's statements on a table of leases in PostgreSQL; all times are the server's, and answered in ms. */
import type { Shape } from '../sql/postgres/lease-statements.ts';
import { checkTable } from '../sql/names.ts';

export interface OperatorStatements {
  /** $1 name or null, $2 prefix, $3 limit. */
  readonly look: string;
  /** $1 name, $2 token, $3 fence. One row, the raised `fence`, when the grant was in force. Tells waiters. */
  readonly force: string;
  /** $1 prefix, $2 age in ms, $3 limit. */
  readonly idle: string;
  /** $1 name, $2 fence, $3 age in ms. One row when it was deleted. */
  readonly remove: string;
}

const NOW = 'clock_timestamp()';
const ms = (interval: string): string => `(extract(epoch FROM ${interval}) * 1000)::float8`;

export function operatorStatements(table: string, shape: Shape): OperatorStatements {
  checkTable(table);
  const deadline = shape.deadline('held');
  const since = 'held_since' in shape.columns ? ms(`${NOW} - held.held_since`) : 'NULL::float8';
  const idle = (age: string): string =>
    `(held.token IS NULL OR ${deadline} <= ${NOW}) AND ${deadline} <= ${NOW} - ${age}::float8 * interval '1 millisecond'`;
  return {
    look: `
SELECT name, token, fence::text, ${ms(`${deadline} - ${NOW}`)} AS remaining, ${since} AS held_for FROM ${table} AS held
WHERE ($1::text IS NULL OR name = $1) AND starts_with(name, $2) AND token IS NOT NULL AND ${deadline} > ${NOW} LIMIT $3::int`,
    force: `
WITH freed AS (
  UPDATE ${table} AS held SET token = NULL, fence = held.fence + 1
  WHERE name = $1 AND token = $2 AND fence = $3::bigint AND ${deadline} > ${NOW}
  RETURNING fence::text
)
SELECT fence, pg_notify('${table}', $1) FROM freed`,
    idle: `
SELECT name, fence::text, ${ms(`${NOW} - ${deadline}`)} AS age FROM ${table} AS held
WHERE starts_with(name, $1) AND ${idle('$2')} LIMIT $3::int`,
    remove: `
DELETE FROM ${table} AS held WHERE name = $1 AND fence = $2::bigint AND ${idle('$3')} RETURNING name`,
  };
}
