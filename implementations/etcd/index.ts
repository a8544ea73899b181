/** The lock on etcd, and the client that it brings along. */
export { EtcdClient } from './client.ts';
export type { EtcdClientOptions } from './client.ts';
export { EtcdLock } from './lock.ts';
export type { EtcdLockOptions } from './lock.ts';
