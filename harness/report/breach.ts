/** What a lock did that none may do, whatever it claims: it stands in a report beside the cells of its claims. */
import { z } from 'zod';

export const BREACH_KINDS = [
  /** A call never came back, so that the plan had no end. */
  'unfinished',
  /** An error was left to nobody: in a user's program it ends the process. */
  'unhandled-error',
  /** Its code ended the process. */
  'exit',
  /** Something of it went on after it was closed. */
  'runs-on',
  /** A call answered what the contract does not allow. */
  'contract',
] as const;
export type BreachKind = (typeof BREACH_KINDS)[number];

/** Breaches of the property `composure`: in a user's program they end the process, or keep it from ending. */
export const breaksComposure = (kind: BreachKind): boolean =>
  kind === 'unhandled-error' || kind === 'exit' || kind === 'runs-on';

export const breachSchema = z.object({
  kind: z.enum(BREACH_KINDS),
  message: z.string(),
  /** Plans that showed it. */
  plans: z.number().int().positive(),
  /** At most five lines, oldest first: what happened, in words. */
  story: z.array(z.string()).max(5),
  /** File of the first of those plans, relative to the run folder. */
  plan: z.string(),
  /** Runs it again. */
  replay: z.string(),
});
export type ReportedBreach = z.infer<typeof breachSchema>;
