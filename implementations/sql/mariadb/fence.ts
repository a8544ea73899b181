/** Fencing tokens of the locks that a connection holds: drawn on that connection, after the grant. */

/** The server's time in microseconds, with which tokens begin: so they also rise when what counts them was lost. */
const NOW_US = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";

/** MariaDB (10.3): a sequence. Creates it, if it does not exist. */
export const FENCE_SCHEMA = `EXECUTE IMMEDIATE CONCAT('CREATE SEQUENCE IF NOT EXISTS holdfast_fence START WITH ',
  ${NOW_US})`;

export const NEXT_FENCE = 'CAST(NEXTVAL(holdfast_fence) AS CHAR)';

/**
 * MySQL, in the transaction of a row lock: the numbers of a column, which InnoDB does not take back when a transaction is
 * rolled back. One row stays, from which it begins again should it forget them.
 */
export const MYSQL_DRAWN_SCHEMA = `CREATE TABLE IF NOT EXISTS holdfast_fence (id BIGINT AUTO_INCREMENT PRIMARY KEY)
  ENGINE = InnoDB SELECT ${NOW_US} AS id`;

/** Its insert id is the token. The row goes with the transaction. */
export const MYSQL_DRAW = 'INSERT INTO holdfast_fence () VALUES ()';

/** MySQL, beside an advisory lock, which is no transaction: a row for each key. */
export const MYSQL_COUNTED_SCHEMA = `CREATE TABLE IF NOT EXISTS holdfast_fence_by_name (
  name VARBINARY(255) PRIMARY KEY,
  fence BIGINT NOT NULL
) ENGINE = InnoDB`;

/** name. Commits by itself; its insert id is the token. */
export const MYSQL_COUNT = `INSERT INTO holdfast_fence_by_name (name, fence) VALUES (?, LAST_INSERT_ID(${NOW_US}))
ON DUPLICATE KEY UPDATE fence = LAST_INSERT_ID(fence + 1)`;
