/** Which plans a run consists of, in order: decided by the seed before anything starts. */
import fc from 'fast-check';
import type { Hazard } from 'holdfast-locks/internal/claims';
import { bothMoveClocks } from '../faults/available.ts';
import { makePlan } from '../faults/plans.ts';
import { REGIMES, type PlanSizes } from '../plan/arbitrary.ts';
import type { Plan } from '../plan/plan.ts';

export interface DeckOptions {
  readonly sizes: PlanSizes;
  /** Each once, in this order. */
  readonly hazards: readonly Hazard[];
  /** Rounds over `hazards`; after the first only over those of them that find most. */
  readonly rounds: number;
  readonly often: readonly Hazard[];
  /** Plans that combine two hazards, after each round. */
  readonly pairs: number;
  /** The first round has, without faults, also a plan in which leases are of several lengths; later rounds have no others. */
  readonly varied?: boolean;
  readonly seed: number;
  /** Only the plans whose number leaves this remainder. */
  readonly shard?: { readonly index: number; readonly of: number };
}

/** @returns the plans, and how many of them, from the first, belong to the first round: every hazard once. */
export function makeDeck(options: DeckOptions): { readonly plans: readonly Plan[]; readonly firstRound: number } {
  const { sizes, hazards, rounds, often, pairs, varied = false, seed, shard } = options;
  const disturbing = hazards.filter((hazard) => hazard !== 'none');
  const repeated = hazards.filter((hazard) => often.includes(hazard));
  const plans: Plan[] = [];
  const add = (room: readonly [Hazard] | readonly [Hazard, Hazard], round: number, plain = false): void => {
    plans.push(makePlan(sizes, room, seed, plans.length, REGIMES[round % REGIMES.length] ?? 'busy', plain));
  };
  const repeats = (sizes.practised !== undefined || varied) && hazards.includes('none');
  for (let round = 0; round < rounds; round++) {
    for (const hazard of round === 0 || repeated.length === 0 ? hazards : repeated) {
      // Without faults once for the speed, and once more for what else is claimed, and what other loads show.
      if (hazard === 'none' && round === 0) add([hazard], round, true);
      if (hazard !== 'none' || round > 0 || repeats) add([hazard], round);
    }
    if (disturbing.length < 2) continue;
    for (const pair of samplePairs(disturbing, pairs, seed + round)) add(pair, round + 1);
  }
  const mine = (plan: Plan): boolean => shard === undefined || plan.index % shard.of === shard.index - 1;
  return {
    plans: plans.filter(mine),
    firstRound: plans.slice(0, hazards.length + (repeats ? 1 : 0)).filter(mine).length,
  };
}

function samplePairs(hazards: readonly Hazard[], count: number, seed: number): [Hazard, Hazard][] {
  const pair = fc
    .shuffledSubarray([...hazards], { minLength: 2, maxLength: 2 })
    .filter(([one = 'none', other = 'none']) => !bothMoveClocks(one, other));
  return fc.sample(pair, { seed, numRuns: count }).map(([first, second]) => [first, second] as [Hazard, Hazard]);
}
