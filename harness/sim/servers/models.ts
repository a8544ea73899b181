/** The models of the servers that `simulated.ts` lists. */
import type { Backend, Topology } from 'holdfast-locks';
import { ConsulServer } from './consul/server.ts';
import { EtcdServer } from './etcd/server.ts';
import { MariadbServer } from './mariadb/server.ts';
import type { Ensemble, ServerModel, Surroundings } from '../network/node.ts';
import { withReplica } from './postgres/ensemble.ts';
import { PostgresServer } from './postgres/server.ts';
import { quorumOf } from './quorum/quorum.ts';
import { inCluster } from './redis/cluster/ensemble.ts';
import { behindSentinels } from './redis/sentinel/ensemble.ts';
import { RedisServer } from './redis/server.ts';
import { ZookeeperServer } from './zookeeper/server.ts';

/** Makes the servers of a run, one for each of their surroundings. */
type Maker = (around: readonly Surroundings[]) => Ensemble;

/** Servers that know nothing of each other. */
const independent =
  (make: (around: Surroundings) => ServerModel): Maker =>
  (around) => ({ models: around.map(make) });

/** Those whose servers know of each other, by how they do. */
const ARRANGED: Readonly<Partial<Record<Topology, Maker>>> = {
  sentinel: behindSentinels,
  cluster: inCluster,
  'primary and replica': withReplica(false),
  'primary and synchronous replica': withReplica(true),
};

const MAKERS: Readonly<Partial<Record<Backend, Maker>>> = {
  memory: () => ({ models: [] }),
  sqlite: () => ({ models: [] }),
  redis: independent((around) => new RedisServer(around)),
  postgres: independent((around) => new PostgresServer(around)),
  mariadb: independent((around) => new MariadbServer(around)),
  etcd: quorumOf(EtcdServer),
  consul: quorumOf(ConsulServer),
  zookeeper: quorumOf(ZookeeperServer),
};

export function makerOf(backend: Backend, topology: Topology): Maker {
  const maker = ARRANGED[topology] ?? MAKERS[backend];
  if (maker === undefined) throw new Error(`${backend} has no model`);
  return maker;
}
