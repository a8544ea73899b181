/** `clock-jump`: the wall clock of a server jumps forth. */
import fc from 'fast-check';
import { JUMP_LASTS_MS, JUMP_LEASES, ofServerClocks } from '../clock.ts';
import type { HazardDefinition } from '../hazard.ts';

export const clockJump: HazardDefinition = {
  ...ofServerClocks,
  name: 'clock-jump',
  summary: 'The wall clock of one server jumps forth by more than a lease.',
  takesLocks: 'its clock is set forward, so that leases end early there',
  draw: (draw) => [
    draw.onNodes(1, {
      aimed: true,
      durationMs: draw.ms(300, 500),
      jumpMs: fc.constant(draw.lease * JUMP_LEASES),
    }),
  ],
  variants: (scope) => scope.onNodes([0], { durationMs: JUMP_LASTS_MS, jumpMs: scope.lease * JUMP_LEASES }),
};
