/** The models of the servers that `simulated.ts` lists. */
import type { Backend } from '../../implementations/lock.ts';
import { consulEnsemble } from './consul/ensemble.ts';
import { etcdEnsemble } from './etcd/ensemble.ts';
import type { Ensemble, ServerModel, Surroundings } from './node.ts';
import { PostgresServer } from './postgres/server.ts';
import { RedisServer } from './redis/server.ts';
import { zookeeperEnsemble } from './zookeeper/ensemble.ts';

/** Makes the servers of a run, one for each of their surroundings. */
type Maker = (around: readonly Surroundings[]) => Ensemble;

/** Servers that know nothing of each other. */
const independent =
  (make: (around: Surroundings) => ServerModel): Maker =>
  (around) => ({ models: around.map(make) });

const MAKERS: Readonly<Partial<Record<Backend, Maker>>> = {
  memory: () => ({ models: [] }),
  sqlite: () => ({ models: [] }),
  redis: independent((around) => new RedisServer(around)),
  postgres: independent((around) => new PostgresServer(around)),
  etcd: etcdEnsemble,
  consul: consulEnsemble,
  zookeeper: zookeeperEnsemble,
};

export function makerOf(backend: Backend): Maker {
  const maker = MAKERS[backend];
  if (maker === undefined) throw new Error(`${backend} has no model`);
  return maker;
}
