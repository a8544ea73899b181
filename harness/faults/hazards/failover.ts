/** `failover`: SIGKILL of the leader; in force when another leads. Then the killed one comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { separable } from '../../plan/plan.ts';
import { wasSeen } from '../evidence.ts';
import { onServers, type HazardDefinition } from '../hazard.ts';
import { nodesOf, ofServers } from '../server.ts';
import type { TargetDeployment } from '../targets.ts';

const FAILOVER_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 20;

export const failover: HazardDefinition = {
  ...ofServers,
  name: 'failover',
  summary: 'The server that leads is killed, and another takes over.',
  takesLocks: 'a replica takes over, which need not have heard of what was granted last',
  bitWhen: 'another server answered as the leader',
  availableOn: (topology, backend) => onServers(topology, backend) && separable(topology),
  needs: () => 'kill',
  draw: (draw) => [draw.onLeader({ aimed: true, durationMs: draw.ms(20, 250) })],
  async apply(targets, fault) {
    const [killed] = nodesOf(targets, fault);
    const { deployment } = targets;
    if (killed === undefined || deployment === undefined) throw new Error('nobody leads these servers');
    await killed.crash();
    const { promote, rejoinsEmpty } = deployment.succession;
    await promote?.(
      deployment.nodes.map((node) => node.endpoint),
      killed.index,
    );
    const next = await nextLeader(deployment, killed.index);
    return {
      seen: next !== undefined,
      heal: () => killed.restart({ keepData: rejoinsEmpty !== true }),
    };
  },
  bit: wasSeen,
  variants: (scope) => scope.onNodes([0], { durationMs: 100 }),
};

async function nextLeader(deployment: TargetDeployment, killed: number): Promise<number | undefined> {
  const bound = performance.now() + FAILOVER_WITHIN_MS;
  while (performance.now() < bound) {
    const leader = await deployment.leader();
    if (leader !== undefined && leader !== killed) return leader;
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}
