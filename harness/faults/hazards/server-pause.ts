/** `server-pause`: SIGSTOP of servers, then SIGCONT: commands sent meanwhile run when they continue. */
import { wentUnanswered } from '../evidence.ts';
import type { HazardDefinition } from '../hazard.ts';
import { nodesOf, ofServers } from '../server.ts';

/** Shorter ones cannot be told from an answer that is late by itself. */
const LEAST_MS = 150;

export const serverPause: HazardDefinition = {
  ...ofServers,
  name: 'server-pause',
  summary: 'A minority of the servers, or the only one, stands still (SIGSTOP).',
  bitWhen: 'a command went unanswered, or its connection was closed',
  needs: () => 'pause',
  draw: (draw) =>
    draw.leaderThenAny(draw.minority, {
      durationMs: draw.ms(Math.max(LEAST_MS, draw.lease / 2), Math.max(LEAST_MS * 2, draw.lease * 1.3)),
    }),
  async apply(targets, fault) {
    const nodes = nodesOf(targets, fault);
    await Promise.all(nodes.map((node) => node.pause()));
    return {
      heal: async () => {
        await Promise.all(nodes.map((node) => node.resume()));
      },
    };
  },
  bit: wentUnanswered,
  variants: (scope) => scope.onNodes(scope.minority, { durationMs: scope.lease }),
};
