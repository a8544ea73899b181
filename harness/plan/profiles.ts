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
  readonly workers: number;
  /** After this no new plan starts, but for the first round, which is always finished. */
  readonly timeMs: number;
  /** The same for a simulation, which searches until then. */
  readonly simulatedMs: number;
}

/** The order in which a round goes through the hazards: what finds most, first. */
const BY_YIELD: readonly Hazard[] = [
  ...(['none', 'client-pause', 'client-crash', 'latency', 'client-partition', 'minority-partition'] as const),
  ...([
    'slow-node',
    'late-request',
    'reset',
    'lost-reply',
    'server-pause',
    'server-crash',
    'majority-partition',
  ] as const),
  ...(['server-crash-volatile', 'failover', 'clock-jump', 'clock-jump-back', 'clock-jump-majority'] as const),
  'client-clock-jump',
];

/** What later rounds repeat. */
export const OFTEN: readonly Hazard[] = ['client-pause', 'client-crash', 'latency'];

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  smoke: {
    hazards: ['none', 'client-pause', 'client-crash', 'latency', 'server-crash'],
    rounds: 1,
    pairs: 0,
    workers: 3,
    timeMs: 15_000,
    simulatedMs: 3_000,
  },
  default: { hazards: BY_YIELD, rounds: 5, pairs: 1, workers: 4, timeMs: 41_000, simulatedMs: 15_000 },
  deep: { hazards: BY_YIELD, rounds: 30, pairs: 10, workers: 4, timeMs: 900_000, simulatedMs: 300_000 },
};
