/** A simulated ZooKeeper of one server or several. */
import type { Ensemble, Surroundings } from '../node.ts';
import { leaderAmong } from '../quorum/leader.ts';
import { Mesh } from '../quorum/mesh.ts';
import { ZookeeperServer } from './server.ts';

export function zookeeperEnsemble(around: readonly Surroundings[]): Ensemble {
  const mesh = new Mesh(around);
  const servers = around.map((one, index) => new ZookeeperServer(index, one, mesh));
  const first = around[0]?.random.whole(0, servers.length - 1) ?? 0;
  for (const server of servers) server.begin(servers, first);
  return {
    models: servers,
    leader: leaderAmong(servers.map(({ raft }) => raft)),
    isolate: (nodes) => mesh.isolate(nodes),
  };
}
