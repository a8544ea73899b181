/** Plans and profiles over all hazards that there are. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import { planMaker } from '../plan/arbitrary.ts';
import { profilesOf } from '../plan/profiles.ts';
import { DISTURBING } from './hazards/table.ts';

export const makePlan = planMaker(DISTURBING);

export const PROFILES = profilesOf(DISTURBING);

/** What later rounds repeat. */
export const REPEATED: readonly Hazard[] = DISTURBING.filter(({ repeated }) => repeated).map(({ name }) => name);
