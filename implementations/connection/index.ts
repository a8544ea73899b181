/** What a lock of one's own that is held by a connection is made of. */
export type { HeldGrant, Holder, HolderBackend } from './backend.ts';
export { ConnectionLock } from './connection-lock.ts';
export type { ConnectionLockOptions } from './connection-lock.ts';
