/** A Redis primary with two replicas, and three Sentinels: who they are to begin with, and who leads. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ensemble, Surroundings } from '../../../network/node.ts';
import { Mesh } from '../../quorum/mesh.ts';
import { lagOf } from '../../quorum/lag.ts';
import { ReplicatedServer } from '../replication/replicated.ts';
import { Sentinel } from './sentinel.ts';

/** The first so many keep data. */
const DATA_NODES = 3;
const MAJORITY = 2;
const LOOK_EVERY_MS = 50;

export function behindSentinels(around: readonly Surroundings[]): Ensemble {
  const mesh = new Mesh(around);
  const lagMs = lagOf(around);
  const servers = around
    .slice(0, DATA_NODES)
    .map((one, index) => new ReplicatedServer(index, one, mesh, lagMs, index === 0 ? undefined : 0));
  const entrances = around.map((_, index) => index).slice(DATA_NODES);
  const sentinels = around
    .slice(DATA_NODES)
    .map((one, index) => new Sentinel(DATA_NODES + index, one, mesh, servers, entrances));
  for (const [node, server] of servers.entries()) {
    server.meet(servers);
    server.onKilled = () => {
      for (const sentinel of sentinels) mesh.send(node, sentinel.self, () => sentinel.lost(node));
    };
  }
  for (const sentinel of sentinels) sentinel.meet(sentinels);
  return {
    models: [...servers, ...sentinels],
    entrances,
    // The one that most Sentinels name, if it takes itself for the primary as well.
    leader: (up) => {
      const named = sentinels.filter(({ self }) => up[self] === true).map((sentinel) => sentinel.named);
      const leader = servers.findIndex(
        ({ isReplica }, index) =>
          up[index] === true && !isReplica && named.filter((one) => one === index).length >= MAJORITY,
      );
      return leader < 0 ? undefined : leader;
    },
    isolate: (nodes) => mesh.isolate(nodes),
    form: async () => {
      while (!sentinels.every(({ isContent }) => isContent)) await sleep(LOOK_EVERY_MS);
    },
  };
}
