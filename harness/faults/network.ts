/** What hazards of the network share: it is disturbed by Toxiproxy, on the links between a fault's workers and its nodes. */
import type { Undo } from '../backends/links.ts';
import { separable, type Fault } from '../plan/plan.ts';
import { onServers, type AppliedFault, type HazardDefinition } from './hazard.ts';
import type { FaultTargets, TargetLink } from './targets.ts';

type Apply = HazardDefinition['apply'];

export const ofLinks = {
  strikes: 'link',
  availableOn: onServers,
  needs: () => 'links',
} as const satisfies Partial<HazardDefinition>;

/** Servers that depend on each other are cut from each other; independent ones, from workers. */
export const ofPartitions = {
  strikes: 'link',
  needs: (topology) => (separable(topology) ? 'partition' : 'links'),
} as const satisfies Partial<HazardDefinition>;

/** Everything on the links is late. */
export const delay: Apply = (targets, fault) =>
  onLinks(targets, fault, (link) => link.delay(fault.delayMs ?? 0, fault.direction ?? 'both'));

/** Nothing crosses the links; nobody is told. */
export const blackHole: Apply = (targets, fault) =>
  onLinks(targets, fault, (link) => link.blackHole(fault.direction ?? 'both'));

export const partition: Apply = async (targets, fault) => {
  if (fault.workers.length > 0) return blackHole(targets, fault);
  const heal = await targets.deployment?.isolate(fault.nodes);
  return { heal: async () => heal?.() };
};

/** Does something to each link between the fault's workers and its nodes. */
export async function onLinks(
  targets: FaultTargets,
  fault: Fault,
  disturb: (link: TargetLink) => Promise<Undo>,
): Promise<AppliedFault> {
  const links = fault.workers.flatMap((worker) => fault.nodes.map((node) => targets.links[worker]?.[node]));
  const undos = await Promise.all(links.filter((link) => link !== undefined).map(disturb));
  return {
    heal: async () => {
      await Promise.all(undos.map((undo) => undo()));
    },
  };
}
