/** How hard `verify` tries. */
import type { Hazard } from 'holdfast-locks/internal/claims';

export const PROFILE_NAMES = ['smoke', 'default', 'deep'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export interface Profile {
  /** Hazards that must be exercised; a claim on one that was not makes the run inconclusive. */
  readonly hazards: readonly Hazard[];
  /** Rounds: the first over all hazards, the others over those that find most. */
  readonly rounds: number;
  /** Plans that combine two hazards, after each round. */
  readonly pairs: number;
  /** Whether a plan without faults has leases of several lengths. */
  readonly varied: boolean;
  readonly workers: number;
  /** After this no new plan starts, but for the first round, which is finished as far as `firstMs` allows. */
  readonly timeMs: number;
  /** Where leases are long, what of the first round would not end within this is left out. */
  readonly firstMs: number;
  /** The same for a simulation, which searches until then. */
  readonly simulatedMs: number;
}

/** A hazard as far as profiles are concerned. */
interface RankedHazard {
  readonly name: Hazard;
  readonly smoke?: true;
}

/** @param ranked all hazards that disturb, in the order in which a round goes through them: what finds most, first */
export function profilesOf(ranked: readonly RankedHazard[]): Readonly<Record<ProfileName, Profile>> {
  const namesOf = (hazards: readonly RankedHazard[]): Hazard[] => ['none', ...hazards.map(({ name }) => name)];
  const all = namesOf(ranked);
  return {
    smoke: {
      hazards: namesOf(ranked.filter(({ smoke }) => smoke)),
      rounds: 1,
      pairs: 0,
      varied: false,
      workers: 3,
      timeMs: 15_000,
      firstMs: 150_000,
      simulatedMs: 3_000,
    },
    default: {
      hazards: all,
      rounds: 5,
      pairs: 1,
      varied: true,
      workers: 4,
      timeMs: 41_000,
      firstMs: 300_000,
      simulatedMs: 15_000,
    },
    deep: {
      hazards: all,
      rounds: 30,
      pairs: 10,
      varied: true,
      workers: 4,
      timeMs: 900_000,
      firstMs: 3_600_000,
      simulatedMs: 300_000,
    },
  };
}
