/** Messages between the harness and the resource process. */
import { z } from 'zod';

export const beginSchema = z.object({ type: z.literal('begin'), file: z.string(), originNs: z.string() });
export type ResourceBegin = z.infer<typeof beginSchema>;

export const resourceMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.number().int().positive() }),
  z.object({ type: z.literal('begun') }),
]);
export type ResourceReady = Extract<z.infer<typeof resourceMessageSchema>, { type: 'ready' }>;
