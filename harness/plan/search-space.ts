/** What a search of the simulation draws its plans from. */
import type { Hazard } from 'holdfast-locks/internal/claims';
import type { PlanSizes } from './arbitrary.ts';
import { MOMENTS, type Moment } from './moments.ts';
import type { Plan } from './plan.ts';

/** `any`: at a time, not at a moment of a client. */
export type Struck = Moment | 'any';
export const STRUCK: readonly Struck[] = [...MOMENTS, 'any'];

/** What a search should try more of. */
export interface Favoured {
  readonly hazard: Exclude<Hazard, 'none'>;
  readonly moment: Struck;
}

/** Plans of a search are made where they are run. */
export interface SearchSpace {
  readonly sizes: PlanSizes;
  readonly hazards: readonly Hazard[];
  readonly seed: number;
  /** Half of the plans are of these. */
  readonly favoured?: readonly Favoured[];
  /** Plans that have struck where none had before: some of the plans are changed a little from one of these. */
  readonly bases?: readonly Plan[];
}
