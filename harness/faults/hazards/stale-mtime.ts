/** `stale-mtime`: a worker sees attributes of files as they were, as clients of a network file system do that keep them. */
import { repeat } from '../../plan/draw.ts';
import { findFolder, ofFolders, wasStale } from '../folder.ts';
import type { HazardDefinition } from '../hazard.ts';

export const staleMtime: HazardDefinition = {
  ...ofFolders,
  name: 'stale-mtime',
  summary:
    'One worker is told the times of files as it saw them first, for longer than a lease, unless it changes them itself.',
  bitWhen: 'a file was not as its attributes said',
  draw: (draw) =>
    repeat(2, draw.onWorker({ aim: ['acquire.invoke'], durationMs: draw.ms(draw.lease * 1.2, draw.lease * 1.6) })),
  apply: findFolder(() => ({ kind: 'stale' })),
  bit: wasStale,
  variants: (scope) => scope.onLinks({ durationMs: scope.beyond }),
};
