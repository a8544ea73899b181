/** `read-only-disk`: the shared folder is mounted anew for reading only, as a file system does that has met an error. */
import { repeat } from '../../plan/draw.ts';
import { findFolder, ofFolders, wasRefused } from '../folder.ts';
import type { HazardDefinition } from '../hazard.ts';

export const readOnlyDisk: HazardDefinition = {
  ...ofFolders,
  name: 'read-only-disk',
  summary: 'Whatever would change the shared folder is refused to one worker with EROFS, for longer than a lease.',
  bitWhen: 'a call was refused',
  draw: (draw) =>
    repeat(
      2,
      draw.onWorker({
        aim: ['acquire.ok', 'acquire.invoke'],
        durationMs: draw.ms(draw.lease * 1.2, draw.lease * 1.6),
      }),
    ),
  apply: findFolder(() => ({ kind: 'read-only' })),
  bit: wasRefused,
  variants: (scope) => scope.onLinks({ durationMs: scope.beyond }),
};
