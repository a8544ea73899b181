/** What an error of `mysql2` says about the outcome, and what to do about it. */
import { LockBackendError, LockOutcomeUnknownError, isLockError } from '../../lock.ts';
import type { LockError } from '../../lock.ts';
import { causeOf } from '../cause.ts';

/** MySQL: a statement took longer than its MAX_EXECUTION_TIME. */
export const QUERY_TIMEOUT = 3024;

/** By the servers' error numbers. */
const ADVICE: Readonly<Record<number, string>> = {
  1021: 'its disk is full: make room',
  1040: 'it has no connection left: raise max_connections, or make the pools smaller',
  1044: 'check user and database',
  1045: 'check user and password',
  1049: 'create the database, or name another one',
  1114: 'its disk, or the tablespace, is full: make room',
  1142: 'grant SELECT, INSERT and UPDATE on the lock’s tables and sequence',
  1203: 'the user has no connection left: raise max_user_connections, or make the pools smaller',
  1226: 'the user has no connection left: raise max_user_connections, or make the pools smaller',
  1205: 'innodb_lock_wait_timeout passed while another statement held the row',
  1290: 'this server is read-only: connect to the primary',
  1792: 'its transactions are read-only: connect to the primary',
  1836: 'this server is read-only: connect to the primary',
  1969: 'max_statement_time passed while the statement ran',
};

/** Server shutdown in progress, connection killed. */
const UNKNOWN = [1053, 1927];

/** The number of an error that the server itself has answered with. */
function errorNumberOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  // Errors of the system (ECONNRESET…) have numbers, too: below zero.
  const number: unknown = Reflect.get(error, 'errno');
  return typeof number === 'number' && number >= 1000 ? number : undefined;
}

/** The number of the error that a `LockError` was made of. */
export function causeNumberOf(error: unknown): number | undefined {
  return errorNumberOf(error instanceof Error ? error.cause : undefined);
}

/** For an error of a statement. A statement that MariaDB refused has changed nothing. */
export function statementError(error: unknown): LockError {
  if (isLockError(error)) return error;
  const cause = causeOf(error);
  const number = errorNumberOf(error);
  if (number === undefined || UNKNOWN.includes(number)) {
    return new LockOutcomeUnknownError(`MariaDB did not answer: ${cause.message}`, { cause });
  }
  return new LockBackendError(refusal(number, cause), 'definite', { cause });
}

/** For an error before anything of the lock's was sent. */
export function connectionError(error: unknown): LockError {
  if (isLockError(error)) return error;
  const cause = causeOf(error);
  const number = errorNumberOf(error);
  const message = number === undefined ? `no connection to MariaDB: ${cause.message}` : refusal(number, cause);
  return new LockBackendError(message, 'definite', { cause });
}

function refusal(number: number, { message }: Error): string {
  const advice = ADVICE[number];
  return `MariaDB refused (${number}): ${message}${advice === undefined ? '' : `: ${advice}`}`;
}
