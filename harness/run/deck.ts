/** Which plans a run consists of, in order: decided by the seed before anything starts. */
import fc from 'fast-check';
import type { Hazard } from '../../implementations/claims.ts';
import { makePlan, type PlanSizes } from '../plan/arbitrary.ts';
import type { Plan } from '../plan/plan.ts';

export interface DeckOptions {
  readonly sizes: PlanSizes;
  readonly hazards: readonly Hazard[];
  readonly rounds: number;
  readonly pairs: number;
  readonly seed: number;
  /** Only the plans whose number leaves this remainder. */
  readonly shard?: { readonly index: number; readonly of: number };
}

export function makeDeck({ sizes, hazards, rounds, pairs, seed, shard }: DeckOptions): Plan[] {
  const rooms: (readonly [Hazard] | readonly [Hazard, Hazard])[] = [];
  const disturbing = hazards.filter((hazard) => hazard !== 'none');
  for (let round = 0; round < rounds; round++) {
    for (const hazard of hazards) rooms.push([hazard]);
    if (disturbing.length < 2) continue;
    rooms.push(...samplePairs(disturbing, pairs, seed + round));
  }
  return rooms
    .map((room, index) => makePlan(sizes, room, seed, index))
    .filter((plan) => shard === undefined || plan.index % shard.of === shard.index - 1);
}

function samplePairs(hazards: readonly Hazard[], count: number, seed: number): [Hazard, Hazard][] {
  // Two jumps of clocks are one jump by another amount.
  const pair = fc
    .shuffledSubarray([...hazards], { minLength: 2, maxLength: 2 })
    .filter((two) => !two.every((hazard) => hazard.includes('clock-jump')));
  return fc.sample(pair, { seed, numRuns: count }).map(([first, second]) => [first, second] as [Hazard, Hazard]);
}
