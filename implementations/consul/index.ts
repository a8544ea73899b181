/** The lock on Consul. Its clients are those of `consul`. */
export type { ConsulClient } from './client.ts';
export { ConsulLock } from './lock.ts';
export type { ConsulLockOptions } from './lock.ts';
