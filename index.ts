/** Holdfast as a library: the lock contract and the reference locks. Nothing of the harness is imported. */
export * from 'holdfast-locks';
export * from 'holdfast-locks/connection';
export * from 'holdfast-locks/consul';
export * from 'holdfast-locks/etcd';
export * from 'holdfast-locks/lease';
export * from 'holdfast-locks/mariadb';
export * from 'holdfast-locks/memory';
export * from 'holdfast-locks/multi-lock';
export * from 'holdfast-locks/postgres';
export * from 'holdfast-locks/redis';
export * from 'holdfast-locks/sqlite';
export * from 'holdfast-locks/zookeeper';
