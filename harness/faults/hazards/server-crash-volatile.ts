/** `server-crash-volatile`: SIGKILL of servers, then a start without their data. */
import { repeat } from '../../plan/draw.ts';
import { struckWhileHeld } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { crash, ofServers } from '../server.ts';

export const serverCrashVolatile: HazardDefinition = {
  ...ofServers,
  name: 'server-crash-volatile',
  summary: 'As many servers as it takes for what was written to be gone are killed, and come back without their data.',
  takesLocks: 'its data is gone, and with it what it had granted',
  bitWhen: 'a lease was in force',
  needs: () => 'kill',
  // Losing the data of most independent nodes is what shows that a quorum needs its disks.
  draw: (draw) => repeat(2, draw.onNodes(draw.dataLossCount, { aimed: true, durationMs: draw.ms(20, 250) })),
  apply: crash({ keepData: false }),
  bit: struckWhileHeld,
  variants: (scope) => scope.onNodes(scope.majority, { durationMs: 100 }),
};
