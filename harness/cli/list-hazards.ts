/** `list --hazards`: what each hazard does, when it counts as having bitten, and where there is such a thing. */
import { BACKENDS, TOPOLOGIES, type Backend, type Topology } from 'holdfast-locks';
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import { hazardsOf } from '../faults/available.ts';
import { hasServers } from '../faults/hazard.ts';
import { findHazard } from '../faults/hazards/table.ts';

export interface ListedHazard {
  readonly name: Hazard;
  readonly summary: string;
  /** `null` for `none`: there is nothing that could bite. */
  readonly bitWhen: string | null;
  /** Topologies of servers that it can befall. */
  readonly topologies: readonly Topology[];
  /** Whether locks that have no server know it, too. */
  readonly serverless: boolean;
}

export function listedHazards(): ListedHazard[] {
  return HAZARDS.map((name) => {
    const definition = findHazard(name);
    const befalls = (backend: Backend, topology: Topology): boolean => hazardsOf(topology, backend).includes(name);
    return {
      name,
      summary: definition?.summary ?? 'Nothing is disturbed.',
      bitWhen: definition?.bitWhen ?? null,
      topologies: TOPOLOGIES.filter((topology) => BACKENDS.some((backend) => befalls(backend, topology))),
      serverless: BACKENDS.some((backend) => !hasServers(backend) && befalls(backend, 'single')),
    };
  });
}

export function hazardText(hazard: ListedHazard): string {
  const lines = [
    `  ${hazard.name.padEnd(22)} ${hazard.summary}`,
    ...(hazard.bitWhen === null ? [] : [`  ${' '.repeat(22)} bit when ${hazard.bitWhen}`]),
    `  ${' '.repeat(22)} available ${whereOf(hazard)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function whereOf({ topologies, serverless }: ListedHazard): string {
  if (serverless) return 'everywhere';
  return topologies.length === TOPOLOGIES.length ? 'wherever there are servers' : `on ${topologies.join(', ')}`;
}
