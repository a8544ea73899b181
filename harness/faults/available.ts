/** Which hazards there are for a lock, and what becomes of them where they are brought about. */
import { HAZARDS, type Hazard } from 'holdfast-locks/internal/claims';
import type { Topology } from 'holdfast-locks';
import type { Limits } from '../backends/deployment.ts';
import type { Plan } from '../plan/plan.ts';
import { DISTURBING, findHazard } from './hazards/table.ts';

/** Hazards that exist for servers in this topology at all. */
export function hazardsOf(topology: Topology, backend: string): readonly Hazard[] {
  return HAZARDS.filter((hazard) => findHazard(hazard)?.availableOn(topology, backend) ?? hazard === 'none');
}

/** Hazards that cannot be brought about, and why. */
export type LimitedHazards = Readonly<Partial<Record<Hazard, string>>>;

export function limitedHazards(topology: Topology, limits: Limits): LimitedHazards {
  const limited: Partial<Record<Hazard, string>> = {};
  for (const hazard of DISTURBING) {
    const need = hazard.needs?.(topology);
    const reason = need === undefined ? undefined : limits[need];
    if (reason !== undefined) limited[hazard.name] = reason;
  }
  return limited;
}

/** Whether any of these hazards moves wall clocks, of workers or of servers. */
export function movesClocksOf(whose: 'worker' | 'server', { hazards }: Pick<Plan, 'hazards'>): boolean {
  return hazards.some((hazard) => findHazard(hazard)?.movesClockOf === whose);
}

/** Two jumps of clocks are one jump by another amount. */
export function bothMoveClocks(one: Hazard, other: Hazard): boolean {
  return [one, other].every((hazard) => findHazard(hazard)?.movesClockOf !== undefined);
}

export function killsWorkers({ hazards }: Pick<Plan, 'hazards'>): boolean {
  return hazards.some((hazard) => findHazard(hazard)?.killsWorkers);
}
