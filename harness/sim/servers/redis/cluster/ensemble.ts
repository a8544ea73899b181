/** A Redis Cluster of three primaries with a replica each: how it is formed, and who stands for all as its leader. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ensemble, Surroundings } from '../../../network/node.ts';
import { Mesh } from '../../quorum/mesh.ts';
import { lagOf } from '../../quorum/lag.ts';
import { ClusterNode } from './node.ts';
import { SHARDS } from './slots.ts';

const LOOK_EVERY_MS = 50;

export function inCluster(around: readonly Surroundings[]): Ensemble {
  const mesh = new Mesh(around);
  const lagMs = lagOf(around);
  const nodes = around.map((one, index) => new ClusterNode(index, one, mesh, lagMs));
  for (const node of nodes) node.meet(nodes);
  return {
    models: nodes,
    leader: (up) => busiest(nodes.filter(({ self }) => up[self] === true)),
    isolate: (isolated) => mesh.isolate(isolated),
    form: async () => {
      // A cluster that knows of itself is not formed again.
      if (nodes.some(({ bus }) => bus.view !== undefined)) return;
      for (const node of nodes) node.join(nodes.length);
      while (!nodes.every(({ isWhole }) => isWhole)) await sleep(LOOK_EVERY_MS);
    },
  };
}

/**
 * Each primary leads its own slots; the busiest of them stands for all, for its failure is noticed. While slots are
 * without a primary that answers, nobody leads.
 */
function busiest(up: readonly ClusterNode[]): number | undefined {
  const served = (node: ClusterNode): number => (node.isReplica ? 0 : (node.bus.view?.shardsOf(node.self).length ?? 0));
  const primaries = up.filter((node) => served(node) > 0);
  if (primaries.reduce((sum, node) => sum + served(node), 0) < SHARDS) return undefined;
  return primaries.toSorted((a, b) => b.load.commands - a.load.commands).at(0)?.self;
}
