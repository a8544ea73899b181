/** What hazards of servers share. */
import type { Fault } from '../plan/plan.ts';
import { onServers, type HazardDefinition } from './hazard.ts';
import type { FaultTargets, TargetNode } from './targets.ts';

export const ofServers = { strikes: 'server', availableOn: onServers } as const;

/** SIGKILL, then a start on the same port, with the same data or with none. */
export const crash =
  (options: { readonly keepData: boolean }): HazardDefinition['apply'] =>
  async (targets, fault) => {
    const nodes = nodesOf(targets, fault);
    await Promise.all(nodes.map((node) => node.crash()));
    return {
      heal: async () => {
        await Promise.all(nodes.map((node) => node.restart(options)));
        if (!options.keepData) await targets.deployment?.form();
      },
    };
  };

export function nodesOf({ deployment }: FaultTargets, fault: Fault): TargetNode[] {
  const nodes = deployment?.nodes ?? [];
  return fault.nodes.map((index) => nodes[index]).filter((node) => node !== undefined);
}
