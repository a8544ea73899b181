/** `server-crash`: SIGKILL of a server, then a start with its data. */
import { struckWhileHeld } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { crash, ofServers } from '../server.ts';

export const serverCrash: HazardDefinition = {
  ...ofServers,
  name: 'server-crash',
  summary: 'One server is killed (SIGKILL) and comes back with its data, before another would take over.',
  bitWhen: 'a lease was in force',
  smoke: true,
  needs: () => 'kill',
  draw: (draw) => draw.leaderThenAny(1, { aimed: true, durationMs: draw.ms(20, 250) }),
  apply: crash({ keepData: true }),
  bit: struckWhileHeld,
  variants: (scope) => scope.onNodes([0], { durationMs: 100 }),
};
