/** An endpoint as it goes from one of our processes to another. */
import { z } from 'zod';

export const endpointSchema = z.object({
  host: z.string(),
  port: z.number(),
  username: z.string().optional(),
  password: z.string().optional(),
  tls: z.boolean().optional(),
});
