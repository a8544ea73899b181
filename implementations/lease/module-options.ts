/** Options of a lease lock as JSON, as the harness hands them to a lock module. */
import { z } from 'zod';

/** What is missing takes the lock's own default. */
export const leaseOptions = z.strictObject({
  leaseMs: z.number().min(10).optional(),
  timeoutMs: z.number().min(0).optional(),
  commandTimeoutMs: z.number().min(1).optional(),
  renew: z.boolean().optional(),
  retry: z
    .strictObject({
      delayMs: z.number().min(0).optional(),
      factor: z.number().min(1).optional(),
      maxDelayMs: z.number().min(0).optional(),
      jitter: z.number().min(0).max(1).optional(),
      maxAttempts: z.number().min(1).optional(),
    })
    .optional(),
});

/** @throws RangeError naming each field that is wrong. */
export function parseOptions<T>(schema: z.ZodType<T>, options: unknown): T {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new RangeError(`options of the lock module: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
