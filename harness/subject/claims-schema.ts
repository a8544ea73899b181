/** Claims as they come from outside. */
import { z } from 'zod';
import { HAZARDS, PROPERTIES, type Claims, type PropertyClaims } from 'holdfast-locks/internal/claims';
import { leaseClaims } from 'holdfast-locks/internal/sql/modules/claims';

const claim = z.enum(['holds', 'not-promised', 'unavailable', 'not-applicable']);

export const claimsSchema = z.partialRecord(
  z.enum(PROPERTIES),
  z.object({
    otherwise: claim,
    except: z.partialRecord(z.enum(HAZARDS), claim).optional(),
    together: z.array(z.object({ hazards: z.array(z.enum(HAZARDS)).min(2), claim })).optional(),
  }),
);

/** Without claims: all that can be looked at, and nothing that is promised. */
export const NOTHING: Claims = Object.fromEntries(
  Object.keys(leaseClaims).map((property): [string, PropertyClaims] => [property, { otherwise: 'not-promised' }]),
);

export const turnsSchema = z.object({
  bypass: z.number().int().nonnegative().optional(),
  allowanceMs: z.number().nonnegative().optional(),
});
export const loadSchema = z.object({
  clientsPerWorker: z.number().int().positive().optional(),
  holdMs: z.number().nonnegative().optional(),
});
export const specimenSchema = z.object({
  mistake: z.string().min(1),
  source: z.string().min(1),
  shows: z
    .array(z.object({ property: z.enum(PROPERTIES), hazards: z.array(z.enum(HAZARDS)) }))
    .min(1)
    .readonly(),
});
