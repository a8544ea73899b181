/** What hazards of clocks share: a wall clock jumps, and stays where it is, as a corrected clock does. */
import type { HazardDefinition } from './hazard.ts';
import { wasSeen } from './evidence.ts';
import { nodesOf, ofServers } from './server.ts';

/** Further than any lease lasts. */
export const JUMP_LEASES = 10;
/** In the search of every position. */
export const JUMP_LASTS_MS = 300;

/** Whether each clock, asked right after the jump, stands where it was set. */
export function haveJumped(clocksMs: readonly number[], jumpMs: number): boolean {
  return clocksMs.every((ms) => Math.abs(ms - Date.now() - jumpMs) < Math.abs(jumpMs) / 2);
}

/** All but its name, and whose clock jumps by how much. */
export const ofServerClocks = {
  ...ofServers,
  movesClockOf: 'server',
  bitWhen: 'the time that the server itself tells showed it',
  needs: () => 'clock',
  bit: wasSeen,
  async apply(targets, fault) {
    const jumpMs = fault.jumpMs ?? 0;
    const server = targets.deployment?.server;
    if (server?.clockMs === undefined) throw new Error('the clock of this server cannot be read');
    const nodes = nodesOf(targets, fault);
    await Promise.all(nodes.map((node) => node.setClock(jumpMs)));
    const clocksMs = await Promise.all(nodes.map(async (node) => server.clockMs?.(node.endpoint) ?? Infinity));
    return { seen: haveJumped(clocksMs, jumpMs), heal: async () => undefined };
  },
} as const satisfies Partial<HazardDefinition>;
