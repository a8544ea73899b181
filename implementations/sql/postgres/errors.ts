/** What an error of `pg` says about the outcome, and what to do about it. */
import { LockBackendError, LockOutcomeUnknownError, isLockError } from '../../lock.ts';
import type { LockError } from '../../lock.ts';
import { causeOf } from '../cause.ts';

/** By SQLSTATE (PostgreSQL manual, appendix A). */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'check user and password',
  '28000': 'check user, database and pg_hba.conf',
  '3D000': 'create the database, or name another one',
  '42501': 'grant SELECT, INSERT and UPDATE on the lock’s table, and USAGE on its sequence',
  '25006': 'this server is a read-only replica, or its transactions are read-only: connect to the primary',
  '53100': 'its disk is full: make room',
  '53200': 'it is out of memory',
  '53300': 'it has no connection left: raise max_connections, or make the pools smaller',
  '55P03': 'lock_timeout passed while another statement held the row',
  '57014': 'a statement_timeout or a cancellation ended the statement',
};

/** The classes after which nobody knows: the connection broke, the server is going down, or it failed inside. */
const UNKNOWN = /^(08|57P|XX)/;

export const MISSING_TABLE = '42P01';

function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  // Errors of the system (ECONNRESET…) have codes, too.
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The state of the error that a `LockError` was made of. */
export function causeStateOf(error: unknown): string | undefined {
  return sqlStateOf(error instanceof Error ? error.cause : undefined);
}

/** For an error of a statement. A statement that PostgreSQL refused has changed nothing. */
export function statementError(error: unknown): LockError {
  if (isLockError(error)) return error;
  const cause = causeOf(error);
  const code = sqlStateOf(error);
  if (code === undefined || UNKNOWN.test(code)) {
    return new LockOutcomeUnknownError(`PostgreSQL did not answer: ${cause.message}`, { cause });
  }
  return new LockBackendError(refusal(code, cause), 'definite', { cause });
}

/** For an error before anything of the lock's was sent. */
export function connectionError(error: unknown): LockError {
  if (isLockError(error)) return error;
  const cause = causeOf(error);
  const code = sqlStateOf(error);
  const message = code === undefined ? `no connection to PostgreSQL: ${cause.message}` : refusal(code, cause);
  return new LockBackendError(message, 'definite', { cause });
}

function refusal(code: string, { message }: Error): string {
  const advice = ADVICE[code];
  return `PostgreSQL refused (${code}): ${message}${advice === undefined ? '' : `: ${advice}`}`;
}
