import { LockBackendError } from '../lock.ts';

/** Nothing was sent, for a pool gave no connection to send it on. */
export function noConnection(waitedMs: number, cause: unknown): LockBackendError {
  const message = `no free connection in the pool within ${Math.round(waitedMs)} ms: each lease or request of others has one, or the server does not answer`;
  return new LockBackendError(message, 'definite', { cause });
}
