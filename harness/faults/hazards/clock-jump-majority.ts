/** `clock-jump-majority`: the wall clocks of most servers jump forth. */
import fc from 'fast-check';
import { dataNodesOf } from '../../plan/plan.ts';
import { JUMP_LASTS_MS, JUMP_LEASES, ofServerClocks } from '../clock.ts';
import { onServers, type HazardDefinition } from '../hazard.ts';

export const clockJumpMajority: HazardDefinition = {
  ...ofServerClocks,
  name: 'clock-jump-majority',
  summary: 'The wall clocks of more than half of the servers jump forth by more than a lease.',
  takesLocks: 'its clock is set forward, so that leases end early there',
  availableOn: (topology, backend) => onServers(topology, backend) && dataNodesOf(topology) > 1,
  draw: (draw) => [
    draw.onNodes(draw.majority, {
      aimed: true,
      durationMs: draw.ms(300, 500),
      jumpMs: fc.constant(draw.lease * JUMP_LEASES),
    }),
  ],
  variants: (scope) => scope.onNodes(scope.majority, { durationMs: JUMP_LASTS_MS, jumpMs: scope.lease * JUMP_LEASES }),
};
