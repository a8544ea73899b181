import type { Cluster, Redis } from 'ioredis';
import type { RedisNode } from '../../redis/node.ts';

/** All commands of the client of `ioredis` that a specimen is connected by: it uses some that no sound lock needs. */
export function commandsOf(node: RedisNode): Redis | Cluster {
  return node.client as Redis | Cluster;
}
