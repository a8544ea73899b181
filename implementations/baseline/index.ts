/** The lock inside one process. */
export { LocalLock } from './local.ts';
export type { LocalLockOptions } from './local.ts';
