/** Faults of the network, by Toxiproxy, on the links between a fault's workers and its nodes. */
import type { Undo } from '../backends/links.ts';
import type { Fault } from '../plan/plan.ts';
import type { AppliedFault, FaultKind, Field, FieldLink } from './fault.ts';

/** Everything on the links is late. */
export const delay: FaultKind = {
  apply: (field, fault) => onLinks(field, fault, (link) => link.delay(fault.delayMs ?? 0, fault.direction ?? 'both')),
};

/** Nothing crosses the links; nobody is told. */
export const blackHole: FaultKind = {
  apply: (field, fault) => onLinks(field, fault, (link) => link.blackHole(fault.direction ?? 'both')),
};

/** Of servers that depend on each other: between them. Of independent ones: between them and workers. */
export const partition: FaultKind = {
  async apply(field, fault) {
    if (fault.workers.length > 0) return blackHole.apply(field, fault);
    const heal = await field.deployment?.isolate(fault.nodes);
    return { heal: async () => heal?.() };
  },
};

/** Connections are reset while a command is under way: its request, or its reply, is dropped. */
export const reset: FaultKind = {
  apply: (field, fault) => onLinks(field, fault, (link) => link.reset(fault.delayMs ?? 0, fault.direction ?? 'reply')),
};

async function onLinks(field: Field, fault: Fault, disturb: (link: FieldLink) => Promise<Undo>): Promise<AppliedFault> {
  const links = fault.workers.flatMap((worker) => fault.nodes.map((node) => field.links[worker]?.[node]));
  const undos = await Promise.all(links.filter((link) => link !== undefined).map(disturb));
  return {
    heal: async () => {
      await Promise.all(undos.map((undo) => undo()));
    },
  };
}
