/** Messages between the harness and the resource process. */
import { z } from 'zod';

export const beginSchema = z.object({
  type: z.literal('begin'),
  file: z.string(),
  originNs: z.string(),
  /** URL of its module. */
  scenario: z.string(),
  plan: z.object({
    names: z.array(z.string()).readonly(),
    workers: z.number(),
    clients: z.number(),
    leaseMs: z.number(),
    endless: z.boolean(),
  }),
});
export type ResourceBegin = z.infer<typeof beginSchema>;

export const resourceMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.number().int().positive() }),
  z.object({ type: z.literal('begun') }),
  /** By a mistake of the scenario. */
  z.object({ type: z.literal('failed'), message: z.string() }),
]);
export type ResourceMessage = z.infer<typeof resourceMessageSchema>;
