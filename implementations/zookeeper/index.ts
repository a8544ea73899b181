/** The lock on ZooKeeper. Its clients are those of `node-zookeeper-client`. */
export type { ZookeeperClient } from './client.ts';
export { ZookeeperLock } from './lock.ts';
export type { ZookeeperLockOptions } from './lock.ts';
