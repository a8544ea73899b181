/**
 * The lock on a Redis Cluster: the lock on one server, which every key has in the primary of its slot. All names that
 * belong to one lock bear its key as hash tag, so that its scripts find them on one node. A replica that takes over may
 * not have heard of the last grants: under a failover nothing is promised.
 */
import type { LockModule } from '../../lock.ts';
import { RedisLock } from '../basic.ts';
import { connectCluster, connected, redisOptions } from './connect.ts';
import { parseOptions } from '../../lease/module-options.ts';
import { replicatedClaims } from './sentinel.ts';

export const lock: LockModule = {
  name: 'redis-cluster',
  summary: 'A Redis Cluster: each lock on the primary of its slot.',
  backend: 'redis',
  topologies: ['cluster'],
  claims: replicatedClaims,
  recoverMs: 6000,
  roundTrips: 2,
  async connect(context) {
    const options = parseOptions(redisOptions, context.options);
    const clients = connectCluster(context, options);
    const [client] = clients.commands;
    const [subscriber] = clients.subscribers;
    const { prefix } = context;
    return connected(new RedisLock({ ...options, client, subscriber, prefix }), clients, context.signal);
  },
};
