/** What can be wrong with a folder that many machines share, as one worker meets it. */
import { z } from 'zod';

export const folderFaultSchema = z.discriminatedUnion('kind', [
  /** Nothing new fits: what would create or fill a file is refused with ENOSPC. */
  z.object({ kind: z.literal('full') }),
  /** Whatever would change anything is refused with EROFS. */
  z.object({ kind: z.literal('read-only') }),
  /** Every call is late: before it is carried out, after it, or both. */
  z.object({
    kind: z.literal('slow'),
    delayMs: z.number().nonnegative(),
    direction: z.enum(['request', 'reply', 'both']),
  }),
  /** A file's attributes are those that this worker has seen first, until it changes the file itself: a cache of them. */
  z.object({ kind: z.literal('stale') }),
]);
export type FolderFault = z.infer<typeof folderFaultSchema>;
