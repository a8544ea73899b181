/** The statements of the locks that a connection of MariaDB or MySQL holds. */
import { checkTable } from '../names.ts';
import { NEXT_FENCE } from './fence.ts';

/**
 * name, seconds. In one statement, and the fence after the grant: GET_LOCK answers 1, 0 when the time was up, NULL for an
 * error.
 */
export const GET_LOCK = `SELECT CASE GET_LOCK(?, ?) WHEN 1 THEN ${NEXT_FENCE} WHEN 0 THEN 'busy' END AS fence`;
/**
 * name. MySQL's GET_LOCK rounds to whole seconds; the time in the hint has milliseconds, and ends the statement with an error.
 * @param waitMs 0: it does not wait
 */
export const MYSQL_GET_LOCK = (waitMs: number): string =>
  waitMs === 0
    ? 'SELECT GET_LOCK(?, 0) AS granted'
    : `SELECT ${within(waitMs)} GET_LOCK(?, ${Math.ceil(waitMs / 1000) + 1}) AS granted`;
/** All user locks of the session. */
export const MYSQL_RELEASE_ALL = 'SELECT RELEASE_ALL_LOCKS()';
/** name. */
export const RELEASE_LOCK = 'SELECT RELEASE_LOCK(?) AS released';
/** name. */
export const IS_FREE_LOCK = 'SELECT IS_FREE_LOCK(?) AS free';

/** How long a row is waited for. InnoDB's own limit has whole seconds, and 0 is "do not wait". */
export const NO_WAIT = 'innodb_lock_wait_timeout = 0';
export const waitAtMost = (seconds: string): string => `max_statement_time = ${seconds}`;
/** On MySQL, of one SELECT. 0 would be no limit. */
const within = (ms: number): string => `/*+ MAX_EXECUTION_TIME(${Math.max(1, Math.ceil(ms))}) */`;

/** All but the schema: name. */
export interface RowStatements {
  /** Creates the table, if it does not exist. */
  readonly schema: string;
  readonly insert: string;
  /** Locks the row in a transaction that it begins; no row if there is none. One statement, and so one round trip. */
  lock(limit: string): string;
  /** MySQL: locks the row in the transaction that is open; no row if there is none. @param waitMs 0: it does not wait */
  mysqlLock(waitMs: number): string;
  readonly find: string;
  /** No row also if it is locked. */
  readonly findFree: string;
}

export function rowStatements(table: string): RowStatements {
  checkTable(table);
  const find = `SELECT name FROM ${table} WHERE name = ?`;
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (name VARBINARY(255) PRIMARY KEY) ENGINE = InnoDB`,
    insert: `INSERT IGNORE INTO ${table} (name) VALUES (?)`,
    // READ COMMITTED locks the row alone; REPEATABLE READ also the gap beside it, into which others want to insert theirs.
    lock: (limit) => `SET STATEMENT ${limit} FOR BEGIN NOT ATOMIC
      SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
      START TRANSACTION;
      SELECT ${NEXT_FENCE} AS fence FROM ${table} WHERE name = ? FOR UPDATE;
    END`,
    mysqlLock: (waitMs) =>
      waitMs === 0
        ? `${find} FOR UPDATE NOWAIT`
        : `SELECT ${within(waitMs)} name FROM ${table} WHERE name = ? FOR UPDATE`,
    find,
    findFree: `${find} FOR UPDATE SKIP LOCKED`,
  };
}
