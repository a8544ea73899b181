/** `full-disk`: nothing new fits into the shared folder. */
import fc from 'fast-check';
import { repeat } from '../../plan/draw.ts';
import { findFolder, ofFolders, wasRefused } from '../folder.ts';
import type { HazardDefinition } from '../hazard.ts';

export const fullDisk: HazardDefinition = {
  ...ofFolders,
  name: 'full-disk',
  summary: 'What would create or fill a file in the shared folder is refused with ENOSPC, for everybody.',
  bitWhen: 'a call was refused',
  draw: (draw) =>
    repeat(
      2,
      draw.onNodes(1, {
        durationMs: draw.ms(draw.lease * 0.7, draw.lease * 1.3),
        workers: fc.constant(draw.allWorkers),
      }),
    ),
  apply: findFolder(() => ({ kind: 'full' })),
  bit: wasRefused,
  variants: (scope) => scope.onAllLinks(scope.nodes, { durationMs: scope.beyond }),
};
