/** Claims as they come from outside. */
import { z } from 'zod';
import { HAZARDS, PROPERTIES } from 'holdfast-locks/internal/claims';

const claim = z.enum(['holds', 'not-promised', 'unavailable', 'not-applicable']);

export const claimsSchema = z.partialRecord(
  z.enum(PROPERTIES),
  z.object({
    otherwise: claim,
    except: z.partialRecord(z.enum(HAZARDS), claim).optional(),
    together: z.array(z.object({ hazards: z.array(z.enum(HAZARDS)).min(2), claim })).optional(),
  }),
);

export const turnsSchema = z.object({
  bypass: z.number().int().nonnegative().optional(),
  allowanceMs: z.number().nonnegative().optional(),
});
export const loadSchema = z.object({
  clientsPerWorker: z.number().int().positive().optional(),
  holdMs: z.number().nonnegative().optional(),
});
