/** What an application did wrong while the lock kept its word: it stands in a report beside the cells of the lock's claims. */
import { z } from 'zod';
import { longText } from '../base/limits.ts';

export const applicationFaultSchema = z.object({
  /** Name of the scenario. */
  scenario: longText,
  /** What should have been true. */
  invariant: longText,
  /** How it was broken, and why that is not the lock's doing. */
  message: longText,
  /** Plans that showed it. */
  plans: z.number().int().positive(),
  /** At most five lines, oldest first: what happened, in words. */
  story: z.array(longText).max(5),
  /** File of the first of those plans, relative to the run folder. */
  plan: longText,
  /** Runs it again. */
  replay: longText,
});
export type ApplicationFault = z.infer<typeof applicationFaultSchema>;
