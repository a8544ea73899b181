/** `slow-disk`: calls of the file system are late for some workers. */
import fc from 'fast-check';
import { findFolder, ofFolders, wasLate } from '../folder.ts';
import type { HazardDefinition } from '../hazard.ts';

export const slowDisk: HazardDefinition = {
  ...ofFolders,
  name: 'slow-disk',
  summary:
    'Calls of some workers that concern the shared folder are carried out or answered late, also beyond the lease.',
  bitWhen: 'a call was late',
  draw: (draw) => [
    draw.onWorker({ delayMs: draw.delay(1 / 3), direction: draw.direction, durationMs: draw.ms(300, 500) }),
    draw.onHalf({
      delayMs: draw.ms(draw.lease * 0.9, draw.lease * 1.3),
      direction: fc.constantFrom('request' as const, 'reply' as const),
      durationMs: draw.ms(draw.lease * 2, draw.lease * 2.5),
    }),
  ],
  apply: findFolder(({ delayMs = 0, direction = 'both' }) => ({ kind: 'slow', delayMs, direction })),
  bit: wasLate,
  variants: (scope) => scope.onEitherWay({ delayMs: scope.late, durationMs: scope.beyond }),
};
