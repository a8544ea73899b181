/** What the harness tells its reaper, one JSON object a line. */
import { z } from 'zod';
import { tracesSchema } from './external-traces.ts';

export const toReaperSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('containers') }),
  z.object({ type: z.literal('traces'), id: z.string(), traces: tracesSchema }),
  z.object({ type: z.literal('traces-gone'), id: z.string() }),
]);
export type ToReaper = z.infer<typeof toReaperSchema>;
