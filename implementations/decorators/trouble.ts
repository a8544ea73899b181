import { isLockError, type LockError } from '../lock.ts';

const TROUBLE: readonly string[] = ['LOCK_BACKEND_UNAVAILABLE', 'LOCK_OUTCOME_UNKNOWN'];

/** Whether it is the backend that did not answer, and may the next time. */
export const isTrouble = (error: unknown): error is LockError => isLockError(error) && TROUBLE.includes(error.code);
