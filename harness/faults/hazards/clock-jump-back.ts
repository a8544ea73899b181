/** `clock-jump-back`: the wall clock of a server jumps back. */
import fc from 'fast-check';
import { JUMP_LASTS_MS, JUMP_LEASES, ofServerClocks } from '../clock.ts';
import type { HazardDefinition } from '../hazard.ts';

export const clockJumpBack: HazardDefinition = {
  ...ofServerClocks,
  name: 'clock-jump-back',
  summary: 'The wall clock of one server jumps back by more than a lease.',
  takesLocks: 'its clock is set back: what had ended there is in force again, and what is granted now ends late',
  draw: (draw) => [
    draw.onNodes(1, {
      aimed: true,
      durationMs: draw.ms(300, 500),
      jumpMs: fc.constant(draw.lease * -JUMP_LEASES),
    }),
  ],
  variants: (scope) => scope.onNodes([0], { durationMs: JUMP_LASTS_MS, jumpMs: scope.lease * -JUMP_LEASES }),
};
